"""Tells where an environment is looked for that nobody named."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def usual_place(environ: Mapping[str, str]) -> str:
    """Name the folder: $VIRTUAL_ENV, else $CONDA_PREFIX, else `.venv`, below the folder that the command runs in."""
    return environ.get("VIRTUAL_ENV") or environ.get("CONDA_PREFIX") or ".venv"
