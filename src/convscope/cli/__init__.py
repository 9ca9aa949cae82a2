"""Commands: each file is one command, a function named like the file."""

from convscope.registry import collection

catalogue = collection(__name__, "{name}")
