"""``convscope`` and ``python -m convscope.cli``."""

from __future__ import annotations

from typing import Any

from convscope.cli._signals import INTERRUPTED, end_at_once
from convscope.cli._streams import finish, ready_streams, tell_unwritten

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    end_at_once()
    ready_streams()
    code: Any = 0
    try:
        from convscope.cli._app import app  # noqa: PLC0415  (what takes long begins when a signal is answered in words)

        app(prog_name="convscope")
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:  # a second one, while the first was answered
        code = INTERRUPTED
    except OSError as error:  # of --help and --version, which are no commands
        code = tell_unwritten(error)
    finally:
        end_at_once()
    raise SystemExit(finish(code))


if __name__ == "__main__":
    main()
