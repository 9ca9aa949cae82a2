"""How a process that loky started begins; a file of its own, as what is imported with it is imported slowly."""

from __future__ import annotations

import os
import signal
import threading
import time
from importlib import import_module

from convscope.loading import importing

__all__ = ["begin"]


def begin(parent: int) -> None:
    """End this process soon after the one that began it, also where that was killed; its Ctrl-C is not for us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    with importing():
        import_module("convscope.runs.trial")
