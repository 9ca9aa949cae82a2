"""Bring the catalogues up to date: new messages in, old ones out, then compile.

``make messages`` runs it. Translations live in the ``.po`` files, one for the course and one for the page; a message
that is not translated yet stays empty, and the tests name it. ``frontend/messages.mjs`` lists what the page says.
"""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from convscope.course.messages import all_messages
from convscope.files import write_text
from convscope.language import CATALOGUES, DOMAINS
from convscope.layers import kinds
from convscope.page._document import WORDS

ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
"""The date of every compiled catalogue, so that the same words give the same bytes."""
FRONTEND = Path(__file__).resolve().parents[1] / "frontend"


class Said(NamedTuple):
    """A message, or a pair of messages for one and for many; what it means where one text means several things."""

    text: str | tuple[str, str]
    where: str
    context: str | None = None


def course_messages() -> list[Said]:
    """Collect what the course says."""
    return [Said(text, where) for text, where in all_messages().items()]


def page_messages() -> list[Said]:
    """Collect what the page says: in its own code, then what Python tells it."""
    listed = subprocess.run(["node", "messages.mjs"], cwd=FRONTEND, capture_output=True, text=True, check=True)
    found: dict[tuple[Any, Any], Said] = {}
    for one in json.loads(listed.stdout):
        text = (one["text"], one["many"]) if "many" in one else one["text"]
        found.setdefault((one["text"], one.get("context")), Said(text, one["where"], one.get("context")))
    for said in told_by_python():
        found.setdefault((said.text, None), said)
    return list(found.values())


def told_by_python() -> Iterator[Said]:
    """Collect what Python puts into the page's bundle, to be shown as it is."""
    for name, kind in kinds().items():
        yield Said(kind.words, f"layers, {name}")


MESSAGES = dict(zip(DOMAINS, (course_messages, page_messages), strict=True))


def updated(place: Path, language: str, domain: str) -> Catalog:
    """Make the catalogue of a language: every message of today, translated where the file at hand has it."""
    known = Catalog()
    if place.is_file():
        with place.open("rb") as file:
            known = read_po(file, locale=language)
    made = Catalog(
        locale=language, domain=domain, project="convscope", header_comment=f"# The {domain} of convscope.", fuzzy=False
    )
    for text, where, context in MESSAGES[domain]():
        found = known.get(text, context)
        # Python's places in braces are no printf formats, whatever Babel may take them for
        made.add(text, found.string if found else "", auto_comments=[where], context=context).flags.clear()
    return made


def without_dates(content: bytes) -> bytes:
    """Leave out the lines that change with every run."""
    lines = content.split(b"\n")
    kept = [line for line in lines if b"-Date:" not in line and b"Generated-By" not in line]
    return b"\n".join(kept)


def compiled(catalogue: Catalog) -> dict[str, str | list[str]]:
    """Give what is translated by its English text, the way that a catalogue's compiled form and the page name it."""
    return {
        "\x04".join(filter(None, (one.context, one.id if isinstance(one.id, str) else one.id[0]))): (
            one.string if isinstance(one.string, str) else list(one.string)
        )
        for one in catalogue
        if one.id and (one.string if isinstance(one.string, str) else all(one.string))
    }


def main() -> None:
    """Update and compile each language that has a folder."""
    words = {}
    for folder in sorted(CATALOGUES.glob("*/LC_MESSAGES")):
        language = folder.parent.name
        for domain in DOMAINS:
            catalogue = updated(folder / f"{domain}.po", language, domain)
            text = io.BytesIO()
            write_po(text, catalogue, width=110, no_location=True)
            (folder / f"{domain}.po").write_bytes(without_dates(text.getvalue()))
            with (folder / f"{domain}.po").open("rb") as file:
                stable = read_po(file, locale=language)
            binary = io.BytesIO()
            stable.creation_date = stable.revision_date = ALWAYS
            write_mo(binary, stable)
            (folder / f"{domain}.mo").write_bytes(binary.getvalue())
            left = len([one for one in stable if one.id]) - len(compiled(stable))
            print(f"{language}, {domain}: {len(stable)} messages, {left} not translated")
        if not left:  # a page that speaks half a language helps nobody: it is offered once it is complete
            words[language] = {"messages": compiled(stable)}
    write_text(WORDS, json.dumps(words, ensure_ascii=False, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
