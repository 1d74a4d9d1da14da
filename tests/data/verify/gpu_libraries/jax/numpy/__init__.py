# ruff: noqa
# mypy: ignore-errors
"""Stands in for jax.numpy."""

from library_faults import Array, factor


def asarray(rows, dtype):
    return Array(rows)


def matmul(left, right, precision):
    return left @ right


def convolve(sound, kernel, mode, precision):
    assert (mode, precision) == ("valid", "highest")
    share, taps = factor("jax-convolution"), kernel.rows[::-1]
    places = range(len(sound.rows) - len(taps) + 1)
    return _Sound([sum(sound.rows[place + tap] * taps[tap] for tap in range(len(taps))) * share for place in places])


class _Sound(Array):
    def __mul__(self, number):
        return _Sound([entry * number for entry in self.rows])
