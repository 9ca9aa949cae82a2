"""A command with subcommands, each listed with its complete first sentence."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from convscope.cli._options import remember_command

__all__ = ["Group"]


class Group(TyperGroup):
    """List commands without cutting what they do after five words, as click does."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        found = super().resolve_command(ctx, args)
        remember_command(ctx, found[1])
        return found

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, _summary(command.help)) for name, command in commands.items() if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _summary(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())
