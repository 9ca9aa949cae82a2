"""Every error that convscope raises on purpose.

::

    ConvscopeError                 exit 1   caught by the command line, shown without a traceback
    ├── UsageError (ValueError)    exit 2   an argument that no collection or option knows
    ├── DataError (ValueError)     exit 3   something is wrong in the user's data
    │   ├── TableError                      ... in a file or frame: names file, row and column
    │   │   └── TableTypeError (TypeError)  ... because it holds, or is, something else than numbers
    │   └── ShapeError                      ... in the sizes of images, kernels or tables
    ├── DatasetError (OSError)              a data set is not available: offline, no mirror, wrong checksum
    ├── ModelError (ValueError)             a model cannot be built, trained, saved or loaded
    │   ├── LabelError (DataError)          exit 3   ... because of what the labels are
    │   └── ModelFileError (DataError)      exit 3   ... because of what is in a model file
    ├── RunError                            a run folder is missing, damaged or not writable
    └── MissingExtraError (ImportError)     an optional package is not installed

and one warning, ``PixelRangeWarning`` (UserWarning): pixels do not have the range that a classifier was trained on.

A message has four parts: what is wrong, what was received, what is expected, how to repair it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from convscope.wording import Setting, Words, visible

__all__ = [
    "ConvscopeError",
    "DataError",
    "DatasetError",
    "LabelError",
    "MissingExtraError",
    "ModelError",
    "ModelFileError",
    "PixelRangeWarning",
    "RunError",
    "ShapeError",
    "TableError",
    "TableTypeError",
    "UsageError",
    "did_you_mean",
]


LONGEST = 2_000
"""Letters of one part of a message."""
"""Unicode's categories of controls, format marks, halves of letters, and ends of lines."""


class ConvscopeError(Exception):
    """An error in the caller's words.

    Parameters
    ----------
    what : str
        What is wrong, as one sentence.
    received, expected, repair : str or Words, optional
        What came in; what is legal; what to do about it.

    What came from outside is shown, never obeyed: see `wording.visible`.

    Examples
    --------
    >>> error = ConvscopeError("there is no row 9.", received="row 9", expected="0 to 4", repair="name another row")
    >>> print(error)
    there is no row 9.
      Received: row 9
      Expected: 0 to 4
      Repair:   name another row
    >>> error.exit_code
    1
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        received: str | None = None,
        expected: str | None = None,
        repair: str | None = None,
    ) -> None:
        self.what, self.received, self.expected, self.repair = what, received, expected, repair
        super().__init__(self.said(str))

    def said(self, name: Callable[[Setting], str]) -> str:
        """Put the message together, with each setting as a function names it."""
        parts = (("Received:", self.received), ("Expected:", self.expected), ("Repair:  ", self.repair))
        told = (f"  {title} {_shown(text, name)}" for title, text in parts if text)
        return "\n".join([_shown(self.what, name), *told])

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the parts, so that the error survives a process border."""
        return _rebuild, (type(self), self.what, self.received, self.expected, self.repair)


class UsageError(ConvscopeError, ValueError):
    """An argument that no collection, command or option knows.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> try:
    ...     load_dataset("digit")
    ... except UsageError as error:
    ...     print(error.exit_code, error.what)
    2 'digit' is neither a data set nor a file.
    """

    exit_code = 2


class DataError(ConvscopeError, ValueError):
    """Something is wrong in the user's data.

    Examples
    --------
    >>> issubclass(TableError, DataError), issubclass(ShapeError, DataError), DataError.exit_code
    (True, True, 3)
    """

    exit_code = 3


class TableError(DataError):
    """A file or frame is not a table that can be used; the message names file, row and column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convscope import read_table
    >>> _ = Path("images.csv").write_text("class,1x1,1x2")
    >>> try:
    ...     read_table("images.csv")
    ... except TableError as error:
    ...     print(error.exit_code, error.what)
    3 images.csv has a header and 0 rows.
    """


class TableTypeError(TableError, TypeError):
    """Something other than a table of numbers was given.

    Examples
    --------
    >>> from convscope import ImageClassifier
    >>> try:
    ...     ImageClassifier("linear").fit([[{}, {}], [{}, {}]], [0, 1])
    ... except TableTypeError as error:
    ...     print(error.exit_code, isinstance(error, TypeError))
    3 True
    """


class ShapeError(DataError):
    """Sizes do not fit: of images, kernels, tables or layers.

    Examples
    --------
    >>> from convscope.arithmetic import output_size
    >>> try:
    ...     output_size(2, 3)
    ... except ShapeError as error:
    ...     print(error.what)
    the window is larger than the image.
    """


class DatasetError(ConvscopeError, OSError):
    """A data set is not available: offline, no mirror answers, or the checksum is wrong.

    Examples
    --------
    >>> issubclass(DatasetError, OSError), DatasetError.exit_code
    (True, 1)
    """


class ModelError(ConvscopeError, ValueError):
    """A model cannot be built, trained, saved or loaded.

    Examples
    --------
    >>> from convscope import ImageClassifier
    >>> try:
    ...     ImageClassifier("mlp", model__units=-1).fit([[0.0], [1.0]], ["no", "yes"])
    ... except ModelError as error:
    ...     print(type(error).__name__)
    ModelError
    """


class LabelError(ModelError, DataError):
    """A model cannot be trained on these labels, for instance because they are all the same.

    Examples
    --------
    >>> from convscope import ImageClassifier
    >>> try:
    ...     ImageClassifier("linear").fit([[0.0], [1.0]], ["yes", "yes"])
    ... except LabelError as error:
    ...     print(error.exit_code, error.what)
    3 a classifier needs at least two classes.
    """

    exit_code = 3


class ModelFileError(ModelError, DataError):
    """A model file is damaged, foreign, too large, or of a kind that can run code.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convscope import ImageClassifier
    >>> _ = Path("model.pkl").write_bytes(b"")
    >>> try:
    ...     ImageClassifier.load("model.pkl")
    ... except ModelFileError as error:
    ...     print(error.exit_code, error.what)
    3 model.pkl is a pickle, which can run code when it is read.
    """

    exit_code = 3


class RunError(ConvscopeError):
    """A run folder is missing, damaged or not writable.

    Examples
    --------
    >>> from convscope.runs import open_run
    >>> try:
    ...     open_run("no such run")
    ... except RunError as error:
    ...     print(error.what)
    there is no run 'no such run'.
    """


class MissingExtraError(ConvscopeError, ImportError):
    """An optional package is not installed; the message holds the line that installs it.

    Examples
    --------
    >>> error = MissingExtraError("the package onnx is not installed.", repair="pip install 'onnx>=1.17'")
    >>> isinstance(error, ImportError), error.repair
    (True, "pip install 'onnx>=1.17'")
    """


class PixelRangeWarning(UserWarning):
    """Pixels do not have the range of intensities that a classifier was trained on.

    Examples
    --------
    >>> import warnings
    >>> warnings.filterwarnings("error", category=PixelRangeWarning)  # rows of another range are refused
    """


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Say which of the choices was probably meant, and list them all.

    Examples
    --------
    >>> did_you_mean("cn", ["cnn", "mlp"])
    "one of 'cnn', 'mlp'; did you mean 'cnn'?"
    """
    known = sorted(choices)
    close = get_close_matches(word, known, n=1)
    listed = "one of " + ", ".join(repr(choice) for choice in known)
    return f"{listed}; did you mean {close[0]!r}?" if close else listed


def _shown(text: str, name: Callable[[Setting], str]) -> str:
    """Cut what a file of anybody's made longer than a message can be, and show what it would have obeyed."""
    said = text.said(name) if isinstance(text, Words) else text
    return visible(said if len(said) <= LONGEST else f"{said[:LONGEST]} ...", keep="\n")


def _rebuild(
    kind: type[ConvscopeError], what: str, received: str | None, expected: str | None, repair: str | None
) -> ConvscopeError:
    return kind(what, received=received, expected=expected, repair=repair)
