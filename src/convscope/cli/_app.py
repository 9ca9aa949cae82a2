"""The command line as a collection: a command's file is imported when the command is called."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import convscope
from convscope.cli import catalogue
from convscope.cli._options import command_at_hand, remember_command
from convscope.cli._output import note, print_error, print_lines
from convscope.cli._signals import INTERRUPTED, answer_with_exception
from convscope.errors import ConvscopeError, PixelRangeWarning
from convscope.loading import importing
from convscope.wording import visible

__all__ = ["app"]

OPENING = ("adopt", "evaluate", "explore", "export", "predict", "trace", "why")
"""Commands that open the model of a run."""
REFUSED: Any = typer.BadParameter.__mro__[1]
"""What click raises for words that it does not understand; typer has a click of its own or not, by its version."""
MODEL_FILES = (".h5", ".hdf5", ".joblib", ".pickle", ".pkl", ".pt", ".pth", ".safetensors")


class _Commands(TyperGroup):
    """Commands listed from the folder, imported one at a time, errors shown in one message."""

    def list_commands(self, ctx: Any) -> list[str]:
        return catalogue.names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in catalogue:
            return None
        with importing():
            entry = catalogue.get(cmd_name)
        if not isinstance(entry, typer.Typer):
            single = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
            single.command(name=cmd_name)(entry)
            entry = single
        command = get_command(entry)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in catalogue:
            close = get_close_matches(name, catalogue.names(), n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            ctx.fail(f"No such command '{name}'.{hint}")
        if name in OPENING and "--allow-nonfinite" not in args:
            _refuse_early(args[1:])
        found = super().resolve_command(ctx, args)
        remember_command(ctx, found[1])
        answer_with_exception()
        return found

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [(name, catalogue.summary(name)) for name in catalogue.names()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        try:
            with _telling_ranges():
                return super().invoke(ctx)
        except ConvscopeError as error:
            print_error(error, command_at_hand(ctx))
            raise typer.Exit(error.exit_code) from None
        except REFUSED as error:
            error.message = visible(error.message)
            raise
        except KeyboardInterrupt:
            sys.stderr.write("\ninterrupted\n")
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            sys.stderr.write(f"{type(error).__name__}: {_in_words(error)}\n")
            raise typer.Exit(1) from None


@contextmanager
def _telling_ranges() -> Iterator[None]:
    """Say once, in plain words, that the pixels have a different range than in training."""
    told: set[str] = set()

    def tell(message: Any, category: Any, *place: Any, **more: Any) -> None:
        if category is not PixelRangeWarning:
            usual(message, category, *place, **more)
        elif str(message) not in told:
            told.add(str(message))
            note(f"warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", PixelRangeWarning)
        usual, warnings.showwarning = warnings.showwarning, tell
        yield


def _in_words(error: OSError) -> str:
    """Say what the operating system refused, of which file, and what helps against a full disk."""
    if error.strerror is None:
        return visible(str(error))
    what = visible(f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}.")
    full = error.errno in (ENOSPC, EDQUOT)
    return what + "\n  Repair:   free some space on that disk, then run the same command again" * full


def _refuse_early(words: list[str]) -> None:
    """Refuse a bad model before Keras is imported, which takes longer than all of the checks."""
    # Only commands that open a model need NumPy to begin with.
    from convscope.modelfiles.modelcheck import check_model  # noqa: PLC0415
    from convscope.runs.store import runs_home  # noqa: PLC0415

    for place in [place for word in words if word[:1] != "-" for place in (Path(word), runs_home() / word)]:
        if (place / "run.json").is_file() and (place / "model").is_dir():
            check_model(place / "model")
        elif place.suffix.lower() in MODEL_FILES and place.is_file():
            check_model(place)


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_lines(f"convscope {convscope.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Train an image classifier from a table of pixels, then open it up, down to the arithmetic of one pixel."""
