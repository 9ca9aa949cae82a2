"""Writes what the page may ask Python, with types, from ``src/convscope/page/questions``. Run by `make page`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from convscope.page import questions
from convscope.page.question import Question

__all__ = ["FILE", "questions_file"]

FILE = Path(__file__).resolve().parents[1] / "frontend" / "src" / "questions.ts"
FIRST = "// Written by tools/questions.py from src/convscope/page/questions; `make page` writes it again.\n"
PLAIN: dict[Any, str] = {int: "number", str: "string"}


def questions_file() -> str:
    """Write the words of each question by its name, and where and how it is asked."""
    asked: dict[str, Question] = {name: questions.catalogue.get(name) for name in questions.catalogue}
    words = "\n".join(f"  {name}: {_words(question)};" for name, question in asked.items())
    places = "\n".join(f'  {name}: {{ path: "{one.path}", method: "{one.method}" }},' for name, one in asked.items())
    return f"""{FIRST}
/** The words of every question, by its name. */
export interface Words {{
{words}
}}

export type Question = {{ [Q in keyof Words]: {{ ask: Q }} & Words[Q] }}[keyof Words];

/** Where a server answers, below its api/. */
export const QUESTIONS: Readonly<Record<keyof Words, {{ path: string; method: string }}>> = {{
{places}
}};
"""


def _words(question: Question) -> str:
    if not question.words:
        return "object"
    return f"{{ {'; '.join(f'{name}: {_type(hint)}' for name, hint in question.words.items())} }}"


def _type(hint: Any) -> str:
    return " | ".join(f'"{word}"' for word in get_args(hint)) if get_origin(hint) is Literal else PLAIN[hint]


if __name__ == "__main__":
    FILE.write_text(questions_file(), encoding="utf-8")
