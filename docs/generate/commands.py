"""Every command, from the help that it prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from convscope.cli import catalogue
from convscope.cli._app import app
from generate.markup import heading, table, toctree, words, write_page

__all__ = ["walk", "write"]

LINES = "=-~"


def write(folder: Path) -> None:
    """Write one page per command, and their list."""
    pages: dict[str, list[str]] = {}
    for path, context in walk():
        if len(path) > 1:
            pages.setdefault(path[1], []).extend(_section(path, context))
    for name, parts in pages.items():
        write_page(folder / "commands" / f"{name}.rst", *parts)
    rows = [(f":doc:`convscope {name} <{name}>`", words(catalogue.summary(name))) for name in pages]
    write_page(
        folder / "commands" / "index.rst",
        heading("Commands"),
        "Results go to stdout, progress to stderr. Exit codes: 0 done, 1 failed, 2 usage, 3 bad data, 130\n"
        "interrupted. ``--help`` prints what stands here.\n",
        table(("command", "does"), rows),
        toctree(pages, ":hidden:"),
    )


def walk() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Visit every command and the commands of commands, each as its words and click's context."""
    root = get_command(app)
    yield from _below(root, ("convscope",), None)


def _below(command: Any, path: tuple[str, ...], parent: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    context = command.context_class(command, info_name=path[-1], parent=parent)
    yield path, context
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from _below(command.get_command(context, name), (*path, name), context)


def _section(path: tuple[str, ...], context: Any) -> Iterator[str]:
    command = context.command
    yield heading(" ".join(path), LINES[len(path) - 2])
    yield f"``{' '.join(command.get_usage(context).removeprefix('Usage:').split())}``\n"
    for paragraph in (command.help or "").split("\n\n"):
        yield words(paragraph.replace("\b", "")) + "\n"
    for record in filter(None, (parameter.get_help_record(context) for parameter in command.get_params(context))):
        yield f"``{record[0]}``\n   {words(record[1]) or '–'}\n"
