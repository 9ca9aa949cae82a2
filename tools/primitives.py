"""Writes what the page has to know of the primitives: their settings as TypeScript types, and its own list of files.

Run by `make page`. A primitive without a file in `frontend/src/primitives/` does not compile.
"""

from __future__ import annotations

import types
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from convscope.primitives import CURVES, PRIMITIVES, Primitive

__all__ = ["FOLDER", "index_file", "types_file"]

FOLDER = Path(__file__).resolve().parents[1] / "frontend" / "src" / "primitives"
GENERATED = ("index", "types")
FIRST = "// Written by tools/primitives.py from src/convscope/primitives; `make page` writes it again.\n"
PLAIN: dict[Any, str] = {int: "number", float: "number", bool: "boolean", str: "string", type(None): "null", Any: "any"}
NAMED = {("bend", "curve"): "CurveName", ("scan", "body"): "Graph"}
"""Settings whose type says less in Python than in the page."""


def types_file() -> str:
    """Write the types: the curves' names, and each primitive's settings by its name."""
    curves = "\n".join(f'  | "{name}"' for name in CURVES)
    settings = "\n".join(f"  {name}: {{{_settings(primitive)}}};" for name, primitive in sorted(PRIMITIVES.items()))
    return (
        f'{FIRST}import type {{ Graph }} from "../graph/graph";\n\n'
        f"export type CurveName =\n{curves};\n\n"
        f"/** The settings of every primitive, by its name. */\nexport interface Settings {{\n{settings}\n}}\n\n"
        "export type Name = keyof Settings;\n"
    )


def _settings(primitive: type[Primitive]) -> str:
    hints = get_type_hints(primitive)
    own = [field.name for field in fields(primitive) if field.name != "static"]
    written = [f"{name}: {NAMED.get((primitive.name, name)) or _written(hints[name])}" for name in own]
    return f" {'; '.join(written)} " if written else ""


def _written(hint: Any) -> str:
    """Write a Python type as TypeScript has it."""
    parts = get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if get_origin(hint) is Literal:
        return " | ".join(f'"{word}"' for word in parts)
    if get_origin(hint) in (Union, types.UnionType):
        return " | ".join(map(_written, parts))
    if get_origin(hint) is tuple and parts[-1] is Ellipsis:
        return f"readonly ({_written(parts[0])})[]"
    if get_origin(hint) is tuple:
        return f"readonly [{', '.join(map(_written, parts))}]"
    raise TypeError(f"no type of the page for {hint}")


def index_file() -> str:
    """Write the table of the files that there are; the compiler names the primitive that it lacks."""
    names = sorted(path.stem for path in FOLDER.glob("*.ts") if path.stem not in GENERATED)
    imports = "\n".join(f'import {{ {name} }} from "./{name}";' for name in names)
    return (
        f'{FIRST}import type {{ Operation }} from "../graph/graph";\n'
        f'import type {{ Name }} from "./types";\n{imports}\n\n'
        f"export const PRIMITIVES: {{ readonly [P in Name]: Operation<P> }} = {{ {', '.join(names)} }};\n"
    )


if __name__ == "__main__":
    (FOLDER / "types.ts").write_text(types_file(), encoding="utf-8")
    (FOLDER / "index.ts").write_text(index_file(), encoding="utf-8")
