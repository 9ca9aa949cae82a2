"""Open a trained network in the browser: layers, maps, and the arithmetic of one pixel."""

from __future__ import annotations

import sys
import webbrowser
from typing import Annotated

import typer

from convscope.cli._exhibits import exhibit_digits, exhibit_run
from convscope.cli._output import QuietFlag, SeedOption, note
from convscope.page.film import FilmShow
from convscope.page.server import LOOPBACK, PageServer

__all__ = ["explore"]


def explore(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run folder, or the name of a run. [default: a small one]")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Rows to look at. [default: what the run was trained on]")] = None,
    split: Annotated[str, typer.Option(help="Rows of a data set: train, test or all.")] = "test",
    resize: Annotated[bool, typer.Option(help="Resize images to the classifier's size.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on; other than loopback, others can reach it.")] = (
        LOOPBACK
    ),
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    seed: SeedOption = 0,
    quiet: QuietFlag = False,
) -> None:
    """Open a trained network in the browser: layers, maps, and the arithmetic of one pixel.

    Without a run, a small network is trained on digits first. The page is served to this machine alone.
    """
    shown = exhibit_digits(seed) if run is None else exhibit_run(run, data, split, resize=resize, progress=not quiet)
    film = getattr(shown.model, "film_", None)
    server = PageServer(shown, port=port, host=host, film=None if film is None else FilmShow(shown, film))
    sys.stdout.write(f"{server.link}\n")
    sys.stdout.flush()
    note("The link works once. Ctrl-C ends.")
    if browser:
        webbrowser.open(server.link)
    server.serve()
