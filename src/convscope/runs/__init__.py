"""Run folders: what was trained, how it went, and the model."""

from convscope.runs.store import Run, create_run, find_run, open_run, runs_home

__all__ = ["Run", "create_run", "find_run", "open_run", "runs_home"]
