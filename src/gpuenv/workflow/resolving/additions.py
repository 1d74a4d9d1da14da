"""Asks the engine what else has to come with a resolution: dependencies, and what was asked for beside the family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.install.closures.closure import compile_closure
from gpuenv.install.closures.preview import preview_install
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineQuestion:
    """What was chosen, and what else was asked for."""

    resolution: Resolution
    request: Request | None
    settings: IndexSettings
    surroundings: Surroundings
    reporter: Reporter
    is_offline: bool

    def beside(self, environment: Environment) -> tuple[LockedPackage, ...]:
        """List what comes into an environment; what is installed there and still fits stays."""
        return preview_install(
            self.resolution.pins,
            self._others,
            python=environment.python,
            kept=self.resolution.kept,
            equal=_equal(self.resolution, environment),
            constraints=self._constraints,
            excluded=self.resolution.excluded,
            upgraded=self.request.upgraded_others if self.request is not None else (),
            settings=self.settings,
            environ=self.surroundings.environ,
            is_offline=self.is_offline,
            reporter=self.reporter,
        )

    def anew(self, target: Target, *, python: Path) -> tuple[LockedPackage, ...]:
        """List what comes into a new environment, which `python` makes."""
        return compile_closure(
            self.resolution.pins,
            self._others,
            python=python,
            python_version=target.python,
            platform=None,
            settings=self.settings,
            environ=self.surroundings.environ,
            with_hashes=False,
            is_offline=self.is_offline,
            constraints=self._constraints,
            excluded=self.resolution.excluded,
            reporter=self.reporter,
        )

    @property
    def _others(self) -> tuple[str, ...]:
        return self.request.others if self.request is not None else ()

    @property
    def _constraints(self) -> tuple[str, ...]:
        return (*self.resolution.constraints, *(self.request.constraints if self.request is not None else ()))


def _equal(resolution: Resolution, environment: Environment) -> tuple[str, ...]:
    """Name the pins whose version is installed, as another build or a broken one."""
    found = ((pin, environment.installed(canonicalize_name(pin.project))) for pin in resolution.pins)
    return tuple(
        pin.project for pin, installed in found if installed and installed.version.public == pin.version.public
    )
