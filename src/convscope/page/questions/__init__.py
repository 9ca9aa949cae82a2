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

from convscope.registry import Collection

__all__ = ["catalogue"]

catalogue = Collection("convscope.page.questions", "QUESTION")
