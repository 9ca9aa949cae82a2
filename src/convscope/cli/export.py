"""Write a run as one file for others: a page that opens offline."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from convscope.cli._exhibits import exhibit_run
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json
from convscope.errors import UsageError
from convscope.files import write_text
from convscope.page.export import page_html

__all__ = ["export"]

LARGE = 5_000_000


class Form(StrEnum):
    """What can be written."""

    html = "html"


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or the name of a run.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    to: Annotated[Form, typer.Option(help="html: one page with network and images, to open without internet.")] = (
        Form.html
    ),
    data: Annotated[str | None, typer.Option(help="Rows to show. [default: what the run was trained on]")] = None,
    split: Annotated[str, typer.Option(help="Rows of a data set: train, test or all.")] = "test",
    images: Annotated[int, typer.Option(min=1, help="How many images to put in.")] = 30,
    resize: Annotated[bool, typer.Option(help="Resize images to the classifier's size.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Write a run as one HTML file that opens anywhere, without internet and without Python."""
    if file.is_dir() or (file.exists() and not force):
        raise UsageError(
            f"{file} exists already.", repair="choose another name" + ("" if file.is_dir() else ", or add --force")
        )
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}.", repair="make it first, or choose another one")
    document = page_html(exhibit_run(run, data, split, resize=resize, progress=not quiet), images)
    write_text(file, document)
    size = file.stat().st_size
    if json:
        print_json({"file": str(file), "bytes": size, "images": images})
        return
    typer.echo(f"{file}: {size / 1e6:.2f} MB")
    if size > LARGE:
        note("This is a large file; fewer images (--images) or a smaller network make it smaller.")
