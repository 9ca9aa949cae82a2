"""What the page asks Python: each file is one question, for the server and the notebook alike.

The page's own list, with the types of what is asked, is written from this folder by ``tools/questions.py``.

Examples
--------
>>> from convscope.page import questions
>>> questions.catalogue.names()
['film', 'four', 'playground', 'points', 'row', 'strongest', 'train_four', 'training', 'values']
>>> questions.catalogue.get("row").path
'rows/{row}'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convscope.registry import collection

__all__ = ["catalogue"]

catalogue = collection(__name__, "QUESTION")

if TYPE_CHECKING:  # the entries are found in the folder, so a type checker cannot list them

    def __getattr__(name: str) -> Any: ...
