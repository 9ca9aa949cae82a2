"""Labels that a spreadsheet would run as a formula, marked in CSV by an apostrophe in front.

Reading takes the apostrophe away again, so that writing and reading a table is the identity.

References
----------
OWASP, "CSV Injection".
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["escape_formulas", "unescape_formulas"]

FORMULA = re.compile(r"'*[=+\-@\t\r]")
ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape_formulas(texts: NDArray[Any]) -> NDArray[Any]:
    """Put an apostrophe before texts that a spreadsheet would run as a formula; numbers stay.

    Examples
    --------
    >>> import numpy as np
    >>> escape_formulas(np.array(["cat", "=1+1"], dtype=object)).tolist()
    ['cat', "'=1+1"]
    """
    if texts.dtype.kind not in "OUS":
        return texts
    return np.array([f"'{text}" if FORMULA.match(str(text)) else text for text in texts.tolist()], dtype=object)


def unescape_formulas(texts: NDArray[Any]) -> NDArray[Any]:
    """Take the apostrophe away that `escape_formulas` put there."""
    return np.array([text[1:] if ESCAPED.match(text) else text for text in texts.tolist()], dtype=object)
