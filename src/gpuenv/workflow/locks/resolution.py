"""Resolves for a lock: by what other machines can reach, and without building anything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.install.closures.locking import LockQuestion
from gpuenv.workflow.locks.closure import ask
from gpuenv.workflow.locks.work import portable
from gpuenv.workflow.resolving.resolution import resolve_request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.matrix_data import MatrixData
    from gpuenv.workflow.resolving.resolution import Resolved


def lock_settings(surroundings: Surroundings) -> IndexSettings:
    """Read the user's configuration, without the folders in it: other machines do not have them."""
    from gpuenv.project.pip_configuration import read_index_settings  # noqa: PLC0415 - in the order of the work

    return portable(read_index_settings(surroundings, venv=None))


def resolve_for_lock(
    options: Options,
    asked: LockOptions,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    settings: IndexSettings,
    needed: Collection[str] | dict[object, frozenset[str]],
    data: MatrixData | None = None,
) -> Resolved:
    """Resolve; no environment is looked at, and no source is built unless allowed.

    `needed` are the projects that others need, as far as known; or a dictionary that remembers what the engine says.
    """

    def closure_names(
        requirements: Sequence[str], constraints: Sequence[str], excluded: Sequence[str], target: Target
    ) -> Collection[str]:
        if not isinstance(needed, dict):
            return needed
        question = LockQuestion(
            pins=(),
            others=tuple(requirements),
            python=Path(sys.executable),
            python_version=target.python,
            platform=target.platform,
            settings=settings,
            environ=surroundings.environ,
            is_offline=options.is_offline,
            constraints=tuple(constraints),
            excluded=tuple(excluded),
        )
        return _remembered(needed, question, asked, surroundings, reporter)

    return resolve_request(
        options,
        surroundings,
        reporter,
        looks_at_environment=False,
        settings=settings,
        data=data,
        closure_names=closure_names,
    )


def _remembered(
    needed: dict[object, frozenset[str]],
    question: LockQuestion,
    asked: LockOptions,
    surroundings: Surroundings,
    reporter: Reporter,
) -> frozenset[str]:
    """Ask the engine once for each platform, Python and list of requirements."""
    key = (question.others, question.constraints, question.excluded, question.platform, question.python_version)
    if key not in needed:
        engine, _ = ask(question, asked, surroundings, reporter)
        needed[key] = frozenset(package.name for package in engine.packages)
    return needed[key]
