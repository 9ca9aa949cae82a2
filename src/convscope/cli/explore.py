"""Open a trained network in the browser: layers, maps, and the arithmetic of one pixel."""

from __future__ import annotations

import sys
import webbrowser
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from convscope.cli._output import QuietFlag, SeedOption, note
from convscope.errors import UsageError
from convscope.runs.store import open_run, runs_home

__all__ = ["explore"]

LOOPBACK = "127.0.0.1"


class Experiment(StrEnum):
    """What the page has a screen for."""

    pixel_shuffle = "pixel_shuffle"


def explore(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", help="A run folder, or the name of a run. [default: a small network, trained first]"
        ),
    ] = None,
    data: Annotated[str | None, typer.Option(help="Data to show. [default: the run's own data]")] = None,
    split: Annotated[str, typer.Option(help="Rows of a data set: train, test or all.")] = "test",
    resize: Annotated[bool, typer.Option(help="Resize images to the classifier's size.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
    host: Annotated[
        str, typer.Option(help="Address to listen on; anything but loopback lets other machines connect.")
    ] = (LOOPBACK),
    experiment: Annotated[
        Experiment | None,
        typer.Option(
            help="Run this experiment first and open its screen: MLP and CNN, with original and shuffled pixels."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=20, help="Use only this many rows in the experiment.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    classroom: Annotated[
        bool, typer.Option("--class", help="Serve a class: learners train in turn and explore the models.")
    ] = False,
    public_url: Annotated[
        str | None, typer.Option(help="With --class: the address that learners open, e.g. https://class.school.org.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="With --class: folder for its data. [default: next to the runs]")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="With --class: how many trainings run at once. [default: all cores but one]"),
    ] = None,
    seed: SeedOption = 0,
    quiet: QuietFlag = False,
) -> None:
    """Open a trained network in the browser: layers, maps, and the arithmetic of one pixel.

    Without a run, convscope trains a small network on digits first. Only this machine can open the page. With --class
    it serves a class of up to 300 behind a proxy; queued trainings survive a crash of the server.
    """
    if classroom:
        _serve_class(run or "", store or runs_home().parent / "class", port, host, public_url, workers)
        return
    if public_url is not None or store is not None or workers is not None:
        raise UsageError("--public-url, --store and --workers belong to --class.", repair="add --class")
    if limit is not None and experiment is None:
        raise UsageError("--limit belongs to --experiment.", repair="add --experiment pixel_shuffle")
    # Keras takes seconds to import, and a class must be back in three.
    from convscope.cli._exhibits import exhibit_digits, exhibit_run, measure  # noqa: PLC0415

    shown = exhibit_digits(seed) if run is None else exhibit_run(run, data, split, resize=resize, progress=not quiet)
    if experiment is not None:
        shown = replace(shown, four=measure(experiment.value, data or str(shown.facts["data"]), limit))
    _serve_page(shown, port, host, "" if experiment is None else "#four", browser=browser)


def _serve_page(shown: Any, port: int, host: str, place: str, *, browser: bool) -> None:
    from convscope.page.film import film_of  # noqa: PLC0415
    from convscope.page.server import PageServer  # noqa: PLC0415

    server = PageServer(shown, port=port, host=host, film=film_of(shown))
    sys.stdout.write(f"{server.link}{place}\n")
    sys.stdout.flush()
    note("The link works once. Ctrl-C ends.")
    if browser:
        webbrowser.open(server.link + place)
    server.serve()


def _serve_class(run: str, folder: Path, port: int, host: str, public_url: str | None, n_workers: int | None) -> None:
    from convscope.page.classroom.serve import open_class, serve_class, usual_workers  # noqa: PLC0415

    if run:
        run = str(open_run(run).path.resolve())
    server, listening, link = open_class(
        run, folder, port=port, host=host, public_url=public_url, n_workers=n_workers or usual_workers()
    )
    sys.stdout.write(f"{link}\n")
    sys.stdout.flush()
    note("Give this link to the class; it works for everybody, as often as they like. Ctrl-C ends.")
    note(f"Everything is kept in {folder}.")
    if server.n_queued_again:
        note(f"{server.n_queued_again} trainings were running when the server ended; they wait again.")
    serve_class(server, listening)
