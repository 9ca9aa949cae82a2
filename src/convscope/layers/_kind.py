"""What a file of this folder defines: kinds of Keras layers, each with its settings, its words and its primitives."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, wraps
from importlib import import_module
from typing import Any

from convscope.errors import ConvscopeError
from convscope.layers._making import Making, Value
from convscope.layers._values import REQUIRED, expected_instead

__all__ = [
    "BIAS",
    "KERNEL",
    "REQUIRED",
    "Example",
    "Kind",
    "LoweringError",
    "Settings",
    "activated",
    "as_image",
    "axis_of",
    "borders",
    "from_image",
    "kernel_as_image",
    "kinds",
    "layer_kind",
    "lower",
    "pairs",
]

Settings = Mapping[str, Any]
Lower = Callable[..., Value]
Origin = Callable[[Settings, tuple[int, ...], tuple[int, ...]], str]
BIAS = "bias_initializer bias_regularizer bias_constraint"
KERNEL = "kernel_initializer kernel_regularizer kernel_constraint quantization_config"


class LoweringError(Exception):
    """Why a layer cannot be lowered, as one sentence without a full stop.

    Examples
    --------
    >>> str(LoweringError("dense has no units"))
    'dense has no units'
    """


@dataclass(frozen=True)
class Example:
    """One layer of a kind, for the tests that every kind passes, and for the table in the documentation.

    Parameters
    ----------
    kind : str
    shapes : tuple of shapes
        Of its inputs, without the batch axis.
    settings : dict
        As Keras takes them; a layer within is an `Example` too.
    whole : int
        For a layer that takes whole numbers: how many there are. 0 for any other.

    Examples
    --------
    >>> Example("Dense", ((6,),), {"units": 4}).config
    {'units': 4}
    """

    kind: str
    shapes: tuple[tuple[int, ...], ...]
    settings: Settings = field(default_factory=dict)
    whole: int = 0

    @property
    def config(self) -> Settings:
        """The settings as a model file has them."""
        return {
            name: {"class_name": value.kind, "config": value.config} if isinstance(value, Example) else value
            for name, value in self.settings.items()
        }

    def lowered(self) -> Making:
        """Lower the layer by itself.

        Examples
        --------
        >>> making = Example("MaxPooling1D", ((8, 2),), {"pool_size": 2}).lowered()
        >>> making.graph.shapes[making.graph.outputs[0]]
        (4, 2)
        """
        making = Making(layer="layer", owner="layer")
        value = lower(making, self.kind, self.config, *(making.input(shape) for shape in self.shapes))
        making.graph.outputs = [value.number]
        return making


@dataclass(frozen=True)
class Kind:
    """A kind of Keras layer.

    Parameters
    ----------
    name : str
        Of the Keras class.
    lower : callable
        ``lower(making, settings, *inputs)`` adds the primitives and gives the value that comes out. Shape, weights and
        their number follow from it.
    words : str
        What the layer does, as the end of a sentence that begins with its name.
    settings : dict
        Those that change the arithmetic, with Keras' defaults.
    also : frozenset of str
        Other settings that a file may hold, e.g. initializers.
    rank : int
        Axes of an image beside the channels, by the name of the class; 0 where it does not say.
    examples : tuple of Example
    takes : (int, int or None)
        How many inputs, at least and at most; None for any number, as `lower` is declared.
    origin : callable, optional
        ``origin(settings, before, after)`` says in words and numbers where the number of parameters comes from, or the
        shape where there are none. If left out, the sizes of the weights say it.

    Examples
    --------
    >>> kinds()["Dense"].takes
    (1, 1)
    """

    name: str
    lower: Lower
    words: str
    settings: Settings
    also: frozenset[str]
    rank: int
    examples: tuple[Example, ...]
    takes: tuple[int, int | None]
    origin: Origin | None = None

    def expected_instead(self, name: str, value: Any) -> str | None:
        """Say what a setting of its own should be, where its value is not legal; None where it is.

        Examples
        --------
        >>> kinds()["Conv2D"].expected_instead("strides", [0, 1])
        'a positive integer, or one for each axis'
        """
        if name not in self.settings:
            return None
        return expected_instead(self.name, name, self.settings[name], self.rank, value)


FOUND: dict[str, Kind] = {}


def layer_kind(
    *names: str,
    words: str,
    examples: Sequence[Example],
    also: str = "",
    spatial: bool = False,
    settings: Settings | None = None,
    origin: Origin | None = None,
) -> Callable[[Lower], Lower]:
    """Register a function as the lowering of one kind, or of several that differ in a word of their name.

    Parameters
    ----------
    *names : str
        Keras classes. The function finds its own as ``settings["kind"]``, and the rank as ``settings["rank"]``.
    words, examples
        As in `Kind`; an example belongs to the kind that it names.
    also : str
        As in `Kind`, with spaces between.
    spatial : bool
        Whether the layer has a ``data_format``. ``"channels_first"`` is served here: the function always gets the
        channels last.
    settings : dict
        As in `Kind`; `REQUIRED` where Keras has no default.
    origin : callable, optional
        As in `Kind`.
    """

    def keep(function: Lower) -> Lower:
        for name in names:
            rank = next((n for n in (1, 2, 3) if f"{n}D" in name), 0)
            own = tuple(example for example in examples if example.kind == name)
            known = {**(settings or {}), **({"data_format": None} if spatial else {})}
            lowering = _channels_last(function) if spatial else function
            takes = _takes(function)
            FOUND[name] = Kind(
                name,
                lowering,
                words,
                settings=known,
                also=frozenset(also.split()),
                rank=rank,
                examples=own,
                takes=takes,
                origin=origin,
            )
        return function

    return keep


def _takes(function: Lower) -> tuple[int, int | None]:
    """Count the inputs of a lowering, behind the graph in the making and the settings."""
    _, _, *inputs = inspect.signature(function).parameters.values()
    if any(one.kind is one.VAR_POSITIONAL for one in inputs):
        return len(inputs), None
    return sum(one.default is one.empty for one in inputs), len(inputs)


def _channels_last(function: Lower) -> Lower:
    @wraps(function)
    def turned(making: Making, settings: Settings, x: Value) -> Value:
        if settings["data_format"] != "channels_first":
            return function(making, settings, x)
        n_axes = len(x.shape)
        y = function(making, settings, x.move(("order", (*range(1, n_axes), 0))))
        if len(y.shape) < n_axes:
            return y
        return y.move(("order", (n_axes - 1, *range(n_axes - 1))))

    return turned


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind that the folder knows, by the name of its Keras class.

    Examples
    --------
    >>> kinds()["MaxPooling2D"].words
    'keeps the largest number of each window'
    """
    for module in _modules():
        import_module(module)
    return FOUND


def _modules() -> Iterator[str]:
    package = import_module("convscope.layers")
    for found in pkgutil.iter_modules(package.__path__):
        if not found.name.startswith("_"):
            yield f"{package.__name__}.{found.name}"


def lower(making: Making, name: str, settings: Settings, *inputs: Value) -> Value:
    """Lower one layer.

    Parameters
    ----------
    making : Making
        Whose turn it is: ``making.layer`` is the layer's name.
    name : str
        Of the Keras class.
    settings : mapping
        As in the layer's configuration; what is not of the kind's own is left aside.
    *inputs : Value

    Returns
    -------
    value : Value

    Raises
    ------
    LoweringError
        There is no such kind, or not with such settings.

    Examples
    --------
    >>> from convscope.layers import Making
    >>> making = Making(layer="dense")
    >>> lower(making, "Dense", {"units": 4}, making.input((6,))).shape
    (4,)
    """
    kind = kinds().get(name)
    if kind is None:
        raise LoweringError(f"{making.layer} is a {name}")
    least, most = kind.takes
    if not least <= len(inputs) <= (most or len(inputs)):
        wanted = (
            "one input" if most == 1 else f"{least} inputs" if most in (least, None) else f"{least} or {most} inputs"
        )
        raise LoweringError(f"{making.layer} takes {wanted}, and is given {len(inputs)}")
    missing = [key for key, default in kind.settings.items() if default is REQUIRED and settings.get(key) is None]
    if missing:
        raise LoweringError(f"{making.layer} has no {missing[0]}")
    known = {key: settings.get(key, default) for key, default in kind.settings.items()}
    try:
        return kind.lower(making, {**known, "kind": name, "rank": kind.rank}, *inputs)
    except ValueError as error:
        what = error.what.rstrip(".") if isinstance(error, ConvscopeError) else error
        raise LoweringError(f"{making.layer}: {what}") from error


def activated(x: Value, function: Any, part: str = "") -> Value:
    """Apply a layer's activation: a name, or an activation layer as Keras writes one into a configuration.

    Parameters
    ----------
    x : Value
    function : str, mapping or None
    part : str
        What the learner calls the value, if not by the activation's name.
    """
    if function in (None, "linear"):
        return x
    if isinstance(function, Mapping):
        y = lower(x.making, str(function["class_name"]), function["config"], x)
    else:
        y = lower(x.making, "Activation", {"activation": function}, x)
    return x.making.called(y, part) if part else y


def axis_of(axis: int, x: Value) -> int:
    """Turn an axis that counts the batch into one that does not."""
    n_axes = len(x.shape) + 1
    place = axis + n_axes if axis < 0 else axis
    if not 1 <= place < n_axes:
        raise LoweringError(f"{x.making.layer} works along axis {axis}, which does not exist")
    return place - 1


def as_image(x: Value, rank: int) -> Value:
    """See a sequence (length, channels) as an image of height 1."""
    if len(x.shape) != rank + 1:
        what = "a sequence" if rank == 1 else "an image"
        raise LoweringError(f"{x.making.layer} needs {what}, and its input has shape {x.shape}")
    return x.reshape(1, *x.shape) if rank == 1 else x


def from_image(y: Value, rank: int) -> Value:
    """See an image of height 1 as the sequence that it was."""
    return y.reshape(*y.shape[1:]) if rank == 1 else y


def kernel_as_image(kernel: Value, rank: int) -> Value:
    """Give kernels of a sequence a height of 1."""
    return kernel.reshape(1, *kernel.shape) if rank == 1 else kernel


def pairs(value: Any, rank: int) -> tuple[int, int]:
    """Read a length for each axis, (down, right); a sequence has 1 down."""
    both = [int(value)] * rank if isinstance(value, int) else [int(one) for one in value]
    down, right = [1] * (2 - rank) + both
    return down, right


def borders(value: Any, rank: int) -> list[tuple[int, int]]:
    """Read how much is put, or cut, before and behind along each axis."""
    both: Sequence[Any] = [value] * rank if isinstance(value, int) else list(value)
    if rank == 1 and len(both) == 2:
        both = [both]
    return [(side, side) if isinstance(side, int) else (int(side[0]), int(side[1])) for side in both]
