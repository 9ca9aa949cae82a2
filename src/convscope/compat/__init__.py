"""Names of 2021, so that old notebooks run again with their import lines changed and nothing else.

``from convscope.compat import KerasClassifier`` stands for ``keras.wrappers.scikit_learn``, which Keras removed
in 2023; ``from convscope.compat import tf`` for the few names of ``tensorflow`` that the lab used, on whatever
backend Keras runs.
"""

from convscope.compat import tf
from convscope.compat.keras_classifier import KerasClassifier

__all__ = ["KerasClassifier", "tf"]
