"""SimpleRNN, LSTM, GRU: one body for each step, and a memory that goes from step to step."""

from __future__ import annotations

import numpy as np

from convscope.layers._kind import BIAS, KERNEL, REQUIRED, Example, LoweringError, Settings, activated, layer_kind
from convscope.layers._making import Body, Making, Value

__all__ = ["gru", "lstm", "simple"]

RECURRENT = {
    "units": REQUIRED,
    "use_bias": True,
    "activation": "tanh",
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
}
GATED = {**RECURRENT, "recurrent_activation": "sigmoid"}
ALSO = (
    f"{BIAS} {KERNEL} recurrent_initializer recurrent_regularizer recurrent_constraint unroll seed "
    "zero_output_for_mask unit_forget_bias"
)
SHAPE = ((6, 3),)


@layer_kind(
    "SimpleRNN",
    words="mixes each step with what it remembers",
    settings=RECURRENT,
    also=ALSO,
    examples=[
        Example("SimpleRNN", SHAPE, {"units": 4}),
        Example("SimpleRNN", SHAPE, {"units": 2, "return_sequences": True, "go_backwards": True, "activation": "relu"}),
    ],
)
def simple(making: Making, settings: Settings, x: Value) -> Value:
    """Add the step and the weighed memory, and bend."""

    def body(steps: list[Value], memory: list[Value], same: list[Value]) -> tuple[list[Value], Value]:
        sums = memory[0].contract("i,io->o", same[0], part="of the memory").plus(steps[0], part="sum")
        new = activated(sums, settings["activation"])
        return [new], new

    seen, recurrent, _ = _weighed(making, settings, x, 1)
    return _run(making, settings, body, seen, [recurrent])


@layer_kind(
    "LSTM",
    words="lets gates decide what is forgotten, what is let in and what is shown",
    settings=GATED,
    also=ALSO,
    examples=[
        Example("LSTM", SHAPE, {"units": 4}),
        Example("LSTM", SHAPE, {"units": 3, "return_sequences": True, "use_bias": False}),
    ],
)
def lstm(making: Making, settings: Settings, x: Value) -> Value:
    """Keep a cell beside what is shown."""
    gate, curve = settings["recurrent_activation"], settings["activation"]

    def body(steps: list[Value], memory: list[Value], same: list[Value]) -> tuple[list[Value], Value]:
        shown, cell = memory
        sums = shown.contract("i,io->o", same[0], part="of the memory").plus(steps[0], part="sums")
        i, f, c, o = sums.split(4)
        let, keep = activated(i, gate, "input gate"), activated(f, gate, "forget gate")
        show, candidate = activated(o, gate, "output gate"), activated(c, curve, "candidate")
        cell = keep.times(cell, part="kept").plus(let.times(candidate, part="let in"), part="cell")
        shown = show.times(activated(cell, curve, "cell, bent"), part="shown")
        return [shown, cell], shown

    seen, recurrent, _ = _weighed(making, settings, x, 4)
    return _run(making, settings, body, seen, [recurrent], n_memory=2)


@layer_kind(
    "GRU",
    words="lets gates decide what is renewed",
    settings={**GATED, "reset_after": True},
    also=ALSO,
    examples=[
        Example("GRU", SHAPE, {"units": 4}),
        Example("GRU", SHAPE, {"units": 3, "reset_after": False, "return_sequences": True}),
        Example("GRU", SHAPE, {"units": 2, "use_bias": False, "go_backwards": True}),
    ],
)
def gru(making: Making, settings: Settings, x: Value) -> Value:
    """Mix the memory and a candidate by the update gate."""
    gate, after = settings["recurrent_activation"], settings["reset_after"]

    def body(steps: list[Value], memory: list[Value], same: list[Value]) -> tuple[list[Value], Value]:
        (old,), (kernel, *bias) = memory, same
        of_input = steps[0].split(3)
        if after:
            of_memory = old.contract("i,io->o", kernel, *bias, part="of the memory").split(3)
        else:
            weights = kernel.split(3)
            gates = zip(weights, ("update", "reset"), strict=False)
            of_memory = [old.contract("i,io->o", one, part=f"{name} of the memory") for one, name in gates]
        update = activated(of_input[0].plus(of_memory[0], part="update sum"), gate, "update gate")
        reset = activated(of_input[1].plus(of_memory[1], part="reset sum"), gate, "reset gate")
        if after:
            left = reset.times(of_memory[2], part="left of the memory")
        else:
            left = reset.times(old, part="left of the memory").contract("i,io->o", weights[2], part="weighed")
        candidate = activated(of_input[2].plus(left, part="candidate sum"), settings["activation"], "candidate")
        renewed = update.plus(factors=(-1.0,), constant=1.0, part="1 − update")
        new = update.times(old, part="kept").plus(renewed.times(candidate, part="let in"), part="shown")
        return [new], new

    seen, recurrent, second = _weighed(making, settings, x, 3, two_biases=after)
    return _run(making, settings, body, seen, [recurrent, *second])


def _weighed(
    making: Making, settings: Settings, x: Value, n_gates: int, *, two_biases: bool = False
) -> tuple[Value, Value, list[Value]]:
    """Weigh the input of all steps at once; give it, the memory's kernel, and a second bias where there is one."""
    asked = ("return_state", "stateful", "dropout", "recurrent_dropout")
    if any(settings[name] for name in asked):
        name = next(name for name in asked if settings[name])
        raise LoweringError(f"{making.layer} has {name}={settings[name]}")
    if len(x.shape) != 2:
        raise LoweringError(f"{making.layer} needs a sequence, and its input has shape {x.shape}")
    units, wide = settings["units"], n_gates * settings["units"]
    kernel = making.weight("kernel", x.shape[-1], wide)
    recurrent = making.weight("recurrent_kernel", units, wide)
    biases: list[Value] = []
    if settings["use_bias"]:
        bias = making.weight("bias", *(2, wide) if two_biases else (wide,))
        biases = [bias.cut(0, k, k + 1).reshape(wide) for k in (0, 1)] if two_biases else [bias]
    return x.contract("ti,io->to", kernel, *biases[:1], part="of the input"), recurrent, biases[1:]


def _run(making: Making, settings: Settings, body: Body, seen: Value, same: list[Value], *, n_memory: int = 1) -> Value:
    """Run the body over all steps, from nothing remembered; give all steps, or the last."""
    steps = seen.cut(0, None, None, -1) if settings["go_backwards"] else seen
    nothing = [making.made((settings["units"],), np.zeros)] * n_memory
    y = making.scan(body, [steps], nothing, same)
    return y if settings["return_sequences"] else y.cut(0, -1).reshape(settings["units"])
