"""The one door to Numba: functions that are compiled when they are first called, and numbers that lie side by side.

Whoever imports this has a plain way too, for where Numba is not installed.

`load` gives as many float32 numbers as a loop works on at once. What is computed with them is what the processor does:
LLVM puts them into as many registers as they need, and every operation is rounded as it is written, so that the bits do
not depend on the registers' width. The code that Numba keeps on disk does not notice changes of this file.
"""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

__all__ = [
    "LANES",
    "compiled",
    "inlined",
    "load",
    "load_32",
    "load_64",
    "plus",
    "spread",
    "store",
    "store_whole",
    "weigh",
    "where_at_most",
    "where_equal",
    "where_larger",
]


def compiled(function: Any, contract: bool = True) -> Any:
    """Compile a function when it is first called, and keep the code on disk if possible.

    It runs without Python's lock. Nothing is added in another order.

    Parameters
    ----------
    function : callable
    contract : bool
        Whether a product and the sum that it enters may be rounded once. If not, the bits are NumPy's.
    """
    settings: dict[str, Any] = {"nogil": True, "fastmath": {"contract"} if contract else False, "error_model": "numpy"}
    try:
        return njit(cache=True, **settings)(function)
    except RuntimeError:  # no folder can be written
        return njit(**settings)(function)


inlined: Any = njit(inline="always")
"""Put a function's statements where it is called: to hand arrays over takes longer than a few products."""


def _count_lanes() -> int:
    """Choose how many channels a tile has, so that four sums of each and what enters them fit the registers.

    There are 32 registers of 16 numbers with AVX-512, 16 of 8 with AVX2, and 32 of 4 on ARM. 0 is for processors that
    cannot multiply and add in one instruction.
    """
    has = binding.get_host_cpu_features()
    if has.get("avx512f"):
        return 32
    return 16 if (has.get("avx2") and has.get("fma")) or platform.machine() in ("aarch64", "arm64") else 0


LANES = _count_lanes()
"""How many numbers `load` gives; `load_32` and `load_64` give as many on every processor."""
FLOAT, WHOLE = ir.FloatType(), ir.IntType(32)


def operation(make: Any) -> Any:
    """Turn what builds an operation into the operation; the compiler fills in the first arguments."""
    return intrinsic(make)


class Lanes(types.Type):
    """The type of so many float32 numbers side by side."""

    def __init__(self, count: int) -> None:
        super().__init__(f"Lanes({count})")
        self.count = count
        self.vector = ir.VectorType(FLOAT, count)


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, kind.vector)  # type: ignore[no-untyped-call]


def _address(context: Any, builder: Any, kind: Any, given: Any, vector: Any) -> Any:
    """Point at numbers of an array, as a vector; array and index are the first two that were given."""
    data = context.make_array(kind)(context, builder, given[0]).data
    return builder.bitcast(builder.gep(data, [given[1]]), vector.as_pointer())


def _repeat(builder: Any, number: Any, count: int) -> Any:
    """Put the same number into every lane."""
    empty = ir.Constant(ir.VectorType(number.type, count), ir.Undefined)
    first = builder.insert_element(empty, number, ir.Constant(WHOLE, 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(WHOLE, count), [0] * count))


def _loader(count: int) -> Any:
    def load(typing: Any, array: Any, index: Any) -> Any:
        """Take numbers in a row from a flat float32 array."""
        lanes = Lanes(count)

        def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            return builder.load(_address(context, builder, array, given, lanes.vector), align=4)

        return lanes(array, types.uint64), make

    return operation(load)


load, load_32, load_64 = _loader(LANES), _loader(32), _loader(64)


@operation
def store(typing: Any, array: Any, index: Any, lanes: Any) -> Any:
    """Put numbers in a row into a flat float32 array."""

    def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        builder.store(given[2], _address(context, builder, array, given, lanes.vector), align=4)
        return context.get_dummy_value()

    return types.void(array, types.uint64, lanes), make


@operation
def store_whole(typing: Any, array: Any, index: Any, lanes: Any) -> Any:
    """Put whole numbers in a row into a flat int32 array."""

    def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        vector = ir.VectorType(WHOLE, lanes.count)
        numbers = builder.fptosi(given[2], vector)
        builder.store(numbers, _address(context, builder, array, given, vector), align=4)
        return context.get_dummy_value()

    return types.void(array, types.uint64, lanes), make


@operation
def spread(typing: Any, number: Any) -> Any:
    """Put the same float32 number into every lane of a tile."""

    def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return _repeat(builder, given[0], LANES)

    return Lanes(LANES)(types.float32), make


@operation
def weigh(typing: Any, number: Any, lanes: Any, total: Any) -> Any:
    """Give number * lanes + total, rounded once."""

    def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = ir.FunctionType(lanes.vector, [lanes.vector] * 3)
        declare: Any = cgutils.get_or_insert_function
        fma = declare(builder.module, kind, f"llvm.fma.v{lanes.count}f32")
        return builder.call(fma, [_repeat(builder, given[0], lanes.count), *given[1:]])

    return lanes(types.float32, lanes, lanes), make


@operation
def plus(typing: Any, one: Any, other: Any) -> Any:
    """Add number by number."""

    def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.fadd(*given)

    return one(one, one), make


@operation
def where_larger(typing: Any, one: Any, other: Any, yes: Any, no: Any) -> Any:
    """Give yes where one is larger than other, or no number, else no."""

    def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        larger, unknown = builder.fcmp_ordered(">", *given[:2]), builder.fcmp_unordered("uno", given[0], given[0])
        return builder.select(builder.or_(larger, unknown), *given[2:])

    return one(one, one, one, one), make


@operation
def where_at_most(typing: Any, one: Any, least: Any, yes: Any, no: Any) -> Any:
    """Give yes where one is at most least, else no; what is no number is not."""

    def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<=", *given[:2]), *given[2:])

    return one(one, one, one, one), make


@operation
def where_equal(typing: Any, array: Any, index: Any, number: Any, lanes: Any) -> Any:
    """Give lanes where a flat int32 array has a number, else 0."""

    def make(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        vector = ir.VectorType(WHOLE, lanes.count)
        numbers = builder.load(_address(context, builder, array, given, vector), align=4)
        same = builder.icmp_signed("==", numbers, _repeat(builder, given[2], lanes.count))
        return builder.select(same, given[3], ir.Constant(lanes.vector, [0.0] * lanes.count))

    return lanes(array, types.uint64, types.int32, lanes), make
