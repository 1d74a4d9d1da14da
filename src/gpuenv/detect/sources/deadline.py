"""The time that all sources of a driver have together, so that one that hangs does not add to another."""

from __future__ import annotations

import time
from typing import Final

_LEAST_S: Final = 0.5
"""What a source gets in any case: enough for a driver that answers at all."""


class Deadline:
    """A point in time until which sources may be asked."""

    def __init__(self, seconds: float) -> None:
        """Begin now."""
        self._end = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """Seconds for the next source; never less than it takes to answer."""
        return max(self._end - time.monotonic(), _LEAST_S)
