"""``convscope`` and ``python -m convscope.cli``."""

from __future__ import annotations

from convscope.cli._signals import INTERRUPTED, end_at_once

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    end_at_once()
    from convscope.cli._app import app  # noqa: PLC0415  (what takes long begins when a signal is answered in words)

    try:
        app(prog_name="convscope")
    except KeyboardInterrupt:  # a second one, while the first was answered
        raise SystemExit(INTERRUPTED) from None
    finally:
        end_at_once()


if __name__ == "__main__":
    main()
