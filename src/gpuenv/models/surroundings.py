"""What the process was started with; `cli` reads it once and passes it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Environment variables, folders and time, as the process was started."""

    environ: Mapping[str, str]
    cwd: Path
    home: Path
    now: datetime
    """Time zone aware."""
