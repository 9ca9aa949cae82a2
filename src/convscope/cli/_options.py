"""Settings in messages, shown as options of the current command."""

from __future__ import annotations

from collections.abc import Callable
from shlex import quote
from typing import Any

from convscope.reading import setting_text
from convscope.wording import Setting

__all__ = ["command_at_hand", "named_for", "remember_command"]

REMEMBERED = "convscope.command"
OTHER_NAMES = {"n_points": "trials", "n_seeds": "seeds", "n_workers": "workers"}
"""Keywords whose option is called something else."""
ELSEWHERE = {
    "allow_nonfinite": "convscope evaluate RUN DATA",
    "out": "convscope train DATA",
}
"""The command that has an option, for those that have not."""


def remember_command(context: Any, command: Any) -> None:
    """Remember which command is about to run; of commands in commands the innermost."""
    context.meta[REMEMBERED] = command


def command_at_hand(context: Any) -> Any:
    """Give the command that is running, or has just failed; None before it is known."""
    return context.meta.get(REMEMBERED)


def named_for(command: Any) -> Callable[[Setting], str]:
    """Give a function that names a setting as the option that a command has for it, or that another one has."""
    options = {} if command is None else {parameter.name: parameter for parameter in command.params}

    def named(setting: Setting) -> str:
        name = OTHER_NAMES.get(setting.name, setting.name)
        option = options.get(name)
        if option is None:
            here = f"--{name.replace('_', '-')}"
            where = ELSEWHERE.get(setting.name)
            return f"{where} {here}{_value(setting)}" if where else f"{setting} in Python"
        return _told(option, setting)

    return named


def _told(option: Any, setting: Setting) -> str:
    if option.param_type_name == "argument":
        return f"{option.make_metavar() if option.metavar is None else option.metavar}{_value(setting)}"
    names = option.secondary_opts if setting.value is False and option.secondary_opts else option.opts
    return f"{max(names, key=len)}{_value(setting)}"


def _value(setting: Setting) -> str:
    text = setting_text(setting)
    if isinstance(setting.value, list | tuple) or not text:
        return f" {text}" if text else ""
    return f" {quote(text)}"
