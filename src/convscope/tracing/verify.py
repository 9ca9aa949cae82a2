"""Does our arithmetic give what the model gave? Every layer of a trace, computed again and compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.records import LayerTrace, Trace
from convscope.tracing.faults import known_fault
from convscope.tracing.opened import computed, last_function, sums_of

__all__ = ["TOLERANCE", "LayerCheck", "Verification", "relative_difference", "verify"]

TOLERANCE = 1e-5


@dataclass(frozen=True)
class LayerCheck:
    """One layer, compared.

    Parameters
    ----------
    name : str
    max_relative_difference : float or None
        Largest ``|recomputed - model| / max(1, |model|)`` over pre-activations and activations; None where the
        arithmetic does not know the layer.
    place : tuple of int or None
        Where it is largest.
    rounding : float
        How far apart, on the same scale, two orders of adding up in the model's float type are expected to be at
        ``place``; 0 where nothing is multiplied and added up. It exceeds 1e-5 where large products cancel, as
        they do on raw pixels.
    note : str
        Why the layer was not compared, or what explains the difference.
    known_fault : bool
        The model differs because of a known fault of its backend.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models, record_trace
    >>> check = verify(record_trace(models.mlp((8, 8, 1), 10), np.ones((8, 8)))).layers[0]
    >>> check.name, check.max_relative_difference < 1e-5
    ('hidden', True)
    """

    name: str
    max_relative_difference: float | None
    place: tuple[int, ...] | None
    rounding: float
    note: str = ""
    known_fault: bool = False

    @property
    def equal(self) -> bool:
        """Say whether the layer is within 1e-5, or within what rounding explains, or was not compared."""
        apart = self.max_relative_difference
        return apart is None or apart <= max(TOLERANCE, self.rounding)


@dataclass(frozen=True)
class Verification:
    """A trace, compared layer by layer.

    Parameters
    ----------
    layers : tuple of LayerCheck

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models, record_trace
    >>> verification = verify(record_trace(models.mlp((8, 8, 1), 10), np.ones((8, 8))))
    >>> verification.max_relative_difference < 1e-5
    True
    """

    layers: tuple[LayerCheck, ...]

    @property
    def max_relative_difference(self) -> float:
        """Largest difference of all layers that were compared; 0 if there were none."""
        return max((check.max_relative_difference or 0.0 for check in self.layers), default=0.0)

    @property
    def equal(self) -> bool:
        """Say whether every layer that was compared is within 1e-5, or within what rounding explains."""
        return all(check.equal for check in self.layers)

    @property
    def notes(self) -> list[str]:
        """List what a reader must know, by layer."""
        return [f"{check.name}: {check.note}" for check in self.layers if check.note]


def verify(trace: Trace) -> Verification:
    """Compute every layer of a trace again, from the inputs that the model gave it, and compare.

    Parameters
    ----------
    trace : Trace

    Returns
    -------
    verification : Verification
        ``.max_relative_difference`` overall, ``.layers`` one by one.

    References
    ----------
    Higham and Mary 2019, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41(5),
    for the size of rounding: the root of the number of terms, not the number.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> from convscope.tracing import record_trace
    >>> verify(record_trace(models.cnn((28, 28, 1), 10), np.ones((28, 28)))).equal
    True
    """
    return Verification(tuple(_check(layer, trace.inputs_of(layer), trace.backend) for layer in trace.layers))


def relative_difference(ours: NDArray[Any], models: NDArray[Any]) -> NDArray[np.float64]:
    """Compare number by number: ``|ours - model| / max(1, |model|)``; equal infinities, or two NaN, are 0 apart."""
    left, right = np.asarray(ours, np.float64), np.asarray(models, np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.abs(left - right) / np.maximum(1.0, np.abs(right))
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


def _check(layer: LayerTrace, inputs: list[NDArray[Any]], backend: str) -> LayerCheck:
    if layer.graph is None:
        return LayerCheck(layer.name, None, None, 0.0, layer.note)
    whole = computed(layer.graph, inputs, layer.weights)
    apart = relative_difference(sums_of(whole), layer.pre_activation)
    if layer.function:
        apart = np.maximum(apart, relative_difference(whole.value(layer.graph.outputs[-1]), layer.activation))
    largest = float(apart.max(initial=0.0))
    worst = np.unravel_index(int(apart.argmax()), apart.shape) if apart.size else ()
    place = tuple(int(index) for index in worst)
    fault = known_fault(layer, inputs, backend) if largest > TOLERANCE else ""
    if fault:
        return LayerCheck(layer.name, largest, place, 0.0, fault, known_fault=True)
    rounding = _rounding(layer, inputs, place, largest)
    cancels = f"large products cancel here: the model's own rounding explains up to {rounding:.0e}"
    return LayerCheck(layer.name, largest, place, rounding, cancels if TOLERANCE < largest <= rounding else layer.note)


def _rounding(layer: LayerTrace, inputs: list[NDArray[Any]], place: tuple[int, ...], largest: float) -> float:
    """Estimate what rounding does to the value at a place.

    Of products that are added up: √n · u · Σ|product| / max(1, |sum|). Where a layer does more than that, the graph is
    computed in the model's own float type, and what that changes is taken twice.
    """
    kernels = [values for name, values in layer.weights.items() if name.endswith("kernel")]
    if not kernels:
        return 0.0
    scale = max(1.0, abs(float(layer.pre_activation[place])))
    last = last_function(layer.graph)
    nodes = layer.graph.nodes[: last.number if last else None]
    kinds = {node.do.name for node in nodes if node}
    if kinds <= {"convolve", "contract", "pick"}:
        sizes = {name: np.abs(values) for name, values in layer.weights.items()}
        total = sums_of(computed(layer.graph, [np.abs(values) for values in inputs], sizes))[place]
        n_terms = 1 + sum(kernel.size / kernel.shape[-1] for kernel in kernels)
        unit = np.finfo(layer.pre_activation.dtype).eps / 2
        return float(np.sqrt(n_terms) * unit * total / scale)
    if largest <= TOLERANCE:
        return 0.0
    exact, rough = (sums_of(computed(layer.graph, inputs, layer.weights, kind)) for kind in (np.float64, np.float32))
    return float(2 * np.abs(exact - rough).max(initial=0.0) / scale)
