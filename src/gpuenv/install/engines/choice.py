"""Chooses the engine by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.install.engines.protocol import Engine
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import EngineName


def make_engine(name: EngineName, environment: Environment, environ: Mapping[str, str]) -> Engine:
    """Make the engine of that name for an environment. Raises `uv-not-found`, `pip-not-found`."""
    match name:
        case "uv":
            from gpuenv.install.engines.uv_engine import UvEngine  # noqa: PLC0415 - one of the two is run

            return UvEngine(environment.python, environ)
        case "pip":
            from gpuenv.install.engines.pip_engine import PipEngine  # noqa: PLC0415

            return PipEngine(environment, environ)
