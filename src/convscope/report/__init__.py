"""Reports: records become a plain dictionary, the dictionary becomes one HTML file."""

from convscope.report.drawing import warm_up
from convscope.report.lab import summarize_lab
from convscope.report.render import write_report
from convscope.report.sweep import summarize_sweep
from convscope.report.training import summarize_training
from convscope.report.words import rows_by_order, shuffling_cost

__all__ = [
    "rows_by_order",
    "shuffling_cost",
    "summarize_lab",
    "summarize_sweep",
    "summarize_training",
    "warm_up",
    "write_report",
]
