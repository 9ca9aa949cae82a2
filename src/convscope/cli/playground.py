"""Train small networks on points in the browser, and keep them as runs."""

from __future__ import annotations

import webbrowser
from os.path import realpath
from pathlib import Path
from typing import Annotated

import typer

from convscope.cli._exhibits import exhibit_points
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_lines
from convscope.errors import UsageError
from convscope.files import read_plain
from convscope.limits import MOST_NETWORK_BYTES
from convscope.page.playground import LAB_TABLES
from convscope.page.server import PageServer
from convscope.playground import save_network

__all__ = ["playground"]


def playground(
    data: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="The lab table to start with. [default: circle]")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make a run from a network file that the page wrote, then exit.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="With --save: folder for the run.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Train small networks on points in the browser.

    The page does the training. Python supplies the lab's tables, and --save makes a run from a network that you
    downloaded in the page.
    """
    if save is not None:
        _keep(save, out, json)
        return
    if data is not None and data not in LAB_TABLES:
        raise UsageError(
            "the playground does not have this table.",
            received=repr(data),
            expected=", ".join(LAB_TABLES),
            repair="leave it out, and open a table of your own in the page",
        )
    server = PageServer(exhibit_points(), port=port)
    place = f"{server.link}#playground" + (f"?dataset=lab-{data}" if data else "")
    print_lines(place, now=True)
    note("The link works once. Press Ctrl-C to stop.")
    if browser:
        webbrowser.open(place)
    server.serve()


def _keep(path: Path, out: Path | None, json: bool) -> None:
    """Make a run of what the page wrote."""
    try:
        document = read_plain(realpath(path), MOST_NETWORK_BYTES)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be read: {reason}.", repair="download the network in the page") from None
    run = save_network(document, out)
    record = run.record()
    if json:
        print_json({"run": str(run.path), "accuracy": record["accuracy"], "interval": record["interval"]})
        return
    print_lines(str(run.path))
    note(f"accuracy {record['accuracy']:.4f}; open it with: convscope explore {run.path.name}")
