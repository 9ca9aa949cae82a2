"""What a question is: its address, the words that it takes, and who answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.page.exhibit import Exhibit
    from convscope.page.film import FilmShow
    from convscope.page.four import FourTraining

__all__ = ["Behind", "Body", "Question"]


@dataclass
class Behind:
    """What stands behind the page, on any host."""

    exhibit: Exhibit
    film: FilmShow | None = None
    four: FourTraining | None = None


@dataclass(frozen=True)
class Body:
    """Bytes that go with a question.

    Parameters
    ----------
    noun : str
        What they are, with its article.
    most : callable
        Of what stands behind the page: how many bytes at most.
    """

    noun: str
    most: Callable[[Behind], int]

    def check(self, behind: Behind, n_bytes: int) -> None:
        """Refuse more than there may be.

        Raises
        ------
        UsageError
            There is more.
        """
        most = self.most(behind)
        if n_bytes > most:
            raise UsageError(f"{self.noun} has at most {most:,} bytes here, and more came.")


@dataclass(frozen=True)
class Question:
    """One question of the page.

    Parameters
    ----------
    answer : callable
        Takes `Behind` and the words by name, and ``body`` where there is one; gives bytes. The types of the words are
        int, str or a Literal of texts.
    path : str
        Where the server answers, below ``api/``; every word stands in it in braces.
    method : str
        ``"POST"`` where something happens, or bytes come along.
    body : Body, optional
    is_quick : bool
        It may be answered while another question is: it does not run the model.
    """

    answer: Callable[..., bytes]
    path: str
    method: Literal["GET", "POST"] = "GET"
    body: Body | None = None
    is_quick: bool = False

    @property
    def words(self) -> dict[str, Any]:
        """The types of the words, by their names."""
        hints = get_type_hints(self.answer)
        return {name: hint for name, hint in hints.items() if name not in ("behind", "body", "return")}

    def ask(self, behind: Behind, given: Mapping[str, Any], body: bytes = b"") -> bytes:
        """Answer.

        Raises
        ------
        UsageError
            A word is missing or of another type, the body is too large, or there is no answer.
        """
        words = {name: _read(name, hint, given.get(name)) for name, hint in self.words.items()}
        if self.body is None:
            return self.answer(behind, **words)
        self.body.check(behind, len(body))
        return self.answer(behind, **words, body=body)


def _read(name: str, hint: Any, given: Any) -> Any:
    if get_origin(hint) is Literal:
        expected = ", ".join(get_args(hint))
        good = given in get_args(hint)
    elif hint is int:
        expected, good = "a whole number from 0", isinstance(given, int) and not isinstance(given, bool) and given >= 0
    else:
        expected, good = "a text", isinstance(given, str)
    if not good:
        raise UsageError(f"the page has no such {name}.", received=repr(given), expected=expected)
    return given
