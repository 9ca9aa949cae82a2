"""What flows between the stages: plain, immutable, NumPy and the standard library only."""

from convscope.records.measured import Evaluation, ExperimentResult, History, wilson_interval
from convscope.records.traced import LayerTrace, Part, Step, Term, Trace

__all__ = [
    "Evaluation",
    "ExperimentResult",
    "History",
    "LayerTrace",
    "Part",
    "Step",
    "Term",
    "Trace",
    "wilson_interval",
]
