"""Bring the course's catalogues up to date: new messages in, old ones out, then compile.

``make messages`` runs it. Translations live in the ``.po`` files; a message that is not translated yet stays empty,
and the tests name it.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from convscope.course.language import CATALOGUES, DOMAIN
from convscope.course.messages import all_messages


def updated(place: Path, language: str) -> Catalog:
    """Make the catalogue of a language: every message of today, translated where the file at hand has it."""
    known = Catalog()
    if place.is_file():
        with place.open("rb") as file:
            known = read_po(file, locale=language)
    made = Catalog(locale=language, domain=DOMAIN, project="convscope", header_comment="# The course of convscope.")
    for text, where in all_messages().items():
        found = known.get(text)
        # Python's places in braces are no printf formats, whatever Babel may take them for
        made.add(text, found.string if found else "", auto_comments=[where])
        made[text].flags.clear()
    return made


def without_dates(content: bytes) -> bytes:
    """Leave out the lines that change with every run."""
    lines = content.split(b"\n")
    kept = [line for line in lines if b"-Date:" not in line and b"Generated-By" not in line]
    return b"\n".join(kept)


def main() -> None:
    """Update and compile each language that has a folder."""
    for folder in sorted(CATALOGUES.glob("*/LC_MESSAGES")):
        catalogue = updated(folder / f"{DOMAIN}.po", folder.parent.name)
        text = io.BytesIO()
        write_po(text, catalogue, width=110, no_location=True)
        (folder / f"{DOMAIN}.po").write_bytes(without_dates(text.getvalue()))
        with (folder / f"{DOMAIN}.po").open("rb") as file:
            stable = read_po(file, locale=folder.parent.name)
        compiled = io.BytesIO()
        stable.mime_headers = [pair for pair in stable.mime_headers if "Date" not in pair[0]]
        write_mo(compiled, stable)
        (folder / f"{DOMAIN}.mo").write_bytes(compiled.getvalue())
        left = [message.id for message in stable if message.id and not message.string]
        print(f"{folder.parent.name}: {len(stable)} messages, {len(left)} not translated")


if __name__ == "__main__":
    main()
