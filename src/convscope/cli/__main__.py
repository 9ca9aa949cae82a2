"""``convscope`` and ``python -m convscope.cli``."""

from __future__ import annotations

from convscope.cli._app import app

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    app(prog_name="convscope")


if __name__ == "__main__":
    main()
