"""Draws charts for another process: a line of JSON comes in, a line of JSON goes out.

A program of its own, which imports nothing of convscope; see `drawing`.
"""

import json
import signal
import sys

import vl_convert


def main() -> None:
    """Draw until nothing more comes in."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes the pipe
    for spec in sys.stdin:
        try:
            answer = {"svg": vl_convert.vegalite_to_svg(spec)}
        except ValueError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
