"""Arrays and tensors of whatever library, as arrays of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableTypeError

__all__ = ["HELD", "array_of"]

HELD = (
    "an array or tensor, (images, labels), ((x_train, y_train), (x_test, y_test)), a mapping of arrays such as "
    "{'x_train': ...}, a data frame, or a datasets.Dataset"
)


def array_of(value: Any) -> NDArray[Any]:
    """Give a tensor, of whatever library and on whatever device, sparse or not, as an array.

    Raises
    ------
    TableTypeError
        It is none; or a list of arrays that differ in size.

    Examples
    --------
    >>> array_of([[0, 1], [2, 3]]).shape
    (2, 2)
    """
    name = type(value).__name__
    for step in ("detach", "cpu", "to_dense"):
        value = getattr(value, step)() if hasattr(value, step) and hasattr(value, "detach") else value
    value = value.toarray() if hasattr(value, "toarray") else value
    if isinstance(value, list) and value and hasattr(value[0], "detach"):
        value = [array_of(one) for one in value]
    try:
        found = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise TableTypeError(
            "this is no table of numbers: its parts differ in size or kind.",
            received=f"{name}: {(str(error).splitlines() or [''])[0][:120]}",
            expected=HELD,
        ) from None
    if found.dtype.kind == "O":
        raise TableTypeError("this is no table of numbers.", received=name, expected=HELD)
    return found
