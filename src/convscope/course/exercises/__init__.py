"""Exercises: each file is one question of the lab, with its judge, hints and explanation, named ``EXERCISE``.

Examples
--------
>>> from convscope.course import ex
>>> print(ex.input_size.check("many"))
! Cannot be read. Expected a shape, for instance (3, 3) or 3 x 3.
"""

from convscope.registry import collection

__all__ = ["catalogue"]

catalogue = collection(__name__, "EXERCISE")
