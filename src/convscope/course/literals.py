"""Values that are written down: literals of Python, evaluated by a white list; nothing is executed."""

from __future__ import annotations

import ast
from typing import Any

__all__ = ["NotLiteralError", "value_of"]

MOST_DEPTH = 60
ARRAYS = ("array", "asarray", "DataFrame", "tuple", "list", "float32", "float64", "int64")


class NotLiteralError(Exception):
    """A value that is computed, and would have to be run."""


def value_of(node: ast.expr, depth: int = 0) -> Any:
    """Evaluate a literal: numbers, text, lists, mappings, sums and products of numbers, and arrays of them.

    Raises
    ------
    NotLiteralError
        It is anything else.

    Examples
    --------
    >>> import ast
    >>> value_of(ast.parse("np.array([[1, -2], [28 * 28, ...]])", mode="eval").body)
    [[1, -2], [784, Ellipsis]]
    """
    if depth > MOST_DEPTH:
        raise NotLiteralError("nested too deeply")
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        parts = [value_of(part, depth + 1) for part in node.elts]
        return tuple(parts) if isinstance(node, ast.Tuple) else parts
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        keys = [value_of(key, depth + 1) for key in node.keys if key is not None]
        if not all(isinstance(key, str | int | float) for key in keys):
            raise NotLiteralError("a mapping with unusual keys")
        return dict(zip(keys, (value_of(part, depth + 1) for part in node.values), strict=True))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        number = _small(value_of(node.operand, depth + 1))
        return -number if isinstance(node.op, ast.USub) else number
    if isinstance(node, ast.BinOp):
        return _arithmetic(node, depth)
    if isinstance(node, ast.Call) and len(node.args) == 1 and _called(node.func) in ARRAYS:
        return value_of(node.args[0], depth + 1)
    raise NotLiteralError("a value that is computed")


def _called(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _small(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        raise NotLiteralError("a sum of something else than numbers")
    return value


def _arithmetic(node: ast.BinOp, depth: int) -> Any:
    left, right = (_small(value_of(side, depth + 1)) for side in (node.left, node.right))
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    if isinstance(node.op, ast.Mult):
        return left * right
    if isinstance(node.op, ast.Div | ast.FloorDiv) and right:
        return left / right if isinstance(node.op, ast.Div) else left // right
    raise NotLiteralError("arithmetic beyond + − · /")
