from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

import pytest

from gpuenv.models.surroundings import Surroundings

if TYPE_CHECKING:
    from pathlib import Path


class MakeSurroundings(Protocol):
    def __call__(self, **environ: str) -> Surroundings: ...


@pytest.fixture
def surroundings(tmp_path: Path) -> MakeSurroundings:
    """Makes surroundings with exactly these variables, in folders of their own."""

    def make(**environ: str) -> Surroundings:
        for name in ("home", "work"):
            (tmp_path / name).mkdir(exist_ok=True)
        return Surroundings(
            environ=environ,
            cwd=tmp_path / "work",
            home=tmp_path / "home",
            now=datetime(2026, 11, 21, tzinfo=timezone.utc),
        )

    return make
