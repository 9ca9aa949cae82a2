"""Open a trained network in the browser: layers, maps, and the arithmetic of one pixel."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from convscope.cli._output import QuietFlag, SeedOption, note, print_lines
from convscope.cli._reading import SplitOption, reads_tables
from convscope.errors import UsageError
from convscope.reading import Reading, refuse_reading
from convscope.runs.store import open_run, runs_home

__all__ = ["explore"]

LOOPBACK = "127.0.0.1"
LEARNERS = 100


class Experiment(StrEnum):
    """What the page has a screen for."""

    pixel_shuffle = "pixel_shuffle"


@reads_tables
def explore(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", help="A run folder, or the name of a run. [default: a small network, trained first]"
        ),
    ] = None,
    data: Annotated[str | None, typer.Option(help="Data to show. [default: the run's own data]")] = None,
    split: SplitOption = None,
    *,
    reading: Reading,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 0,
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
    learners: Annotated[
        int | None, typer.Option(min=1, max=2000, help="With --class: how many learners to expect. [default: 100]")
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option("--behind-proxy", help="With --class: a proxy on this machine says where learners come from."),
    ] = False,
    seed: SeedOption = 0,
    quiet: QuietFlag = False,
) -> None:
    """Open a trained network in the browser: layers, maps, and the arithmetic of one pixel.

    Without a run, convscope trains a small network on digits first. Only this machine can open the page. With --class
    it serves a class of up to 300 behind a proxy; queued trainings survive a crash of the server.
    """
    if classroom:
        refuse_reading(reading, "what a class uploads")
        kept = store or runs_home().parent / "class"
        _serve_class(
            run or "", kept, port=port, host=host, public_url=public_url, n_workers=workers,
            learners=learners or LEARNERS, behind_proxy=behind_proxy,
        )  # fmt: skip
        return
    if any(given is not None for given in (public_url, store, workers, learners)) or behind_proxy:
        raise UsageError(
            "--public-url, --store, --workers, --learners and --behind-proxy belong to --class.", repair="add --class"
        )
    if limit is not None and experiment is None:
        raise UsageError("--limit belongs to --experiment.", repair="add --experiment pixel_shuffle")
    # Keras takes seconds to import, and a class must be back in three.
    from convscope.cli._exhibits import exhibit_digits, exhibit_run, measure  # noqa: PLC0415

    if run is None:
        refuse_reading(reading, "the data set digits")
        shown = exhibit_digits(seed)
    else:
        shown = exhibit_run(run, data, split, reading, progress=not quiet)
    if experiment is not None:
        shown = replace(shown, four=measure(experiment.value, data or str(shown.facts["data"]), limit, reading))
    _serve_page(shown, port, host, "" if experiment is None else "#four", browser=browser)


def _serve_page(shown: Any, port: int, host: str, place: str, *, browser: bool) -> None:
    from convscope.page.film import film_of  # noqa: PLC0415
    from convscope.page.server import PageServer  # noqa: PLC0415

    server = PageServer(shown, port=port, host=host, film=film_of(shown))
    print_lines(f"{server.link}{place}", now=True)
    note("The link works once. Press Ctrl-C to stop.")
    if browser:
        webbrowser.open(server.link + place)
    server.serve()


def _serve_class(run: str, folder: Path, *, n_workers: int | None, **wanted: Any) -> None:
    from convscope.page.classroom.serve import open_class, serve_class, usual_workers  # noqa: PLC0415

    if run:
        run = str(open_run(run).path.resolve())
    server, listening = open_class(run, folder, n_workers=n_workers or usual_workers(), **wanted)
    print_lines(server.teacher.class_link, server.teacher.link, now=True)
    note("The first link is for the class; it works for everybody, as often as they like.")
    note("The second is yours alone: see who is there, remove a learner, make a new link, close the door.")
    note("Press Ctrl-C to stop.")
    note(f"Everything is kept in {folder}.")
    if not server.places.is_open:
        note("The door is closed: no learner can join until you open it.")
    if wanted["public_url"] and not wanted["behind_proxy"]:
        note("All learners behind a proxy count as one address here; --behind-proxy tells them apart.")
    if server.n_queued_again:
        note(f"{server.n_queued_again} trainings were running when the server ended; they are queued again.")
    serve_class(server, listening)
