"""``python -m convscope``."""

from convscope.cli.__main__ import main

main()
