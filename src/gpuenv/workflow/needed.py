"""Asks the engine which members of the GPU family the other requirements need: `easyocr` needs torch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

from gpuenv.models.request import GPU_FAMILY
from gpuenv.project.requirement_files import RequirementLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target

_FAMILY: Final = frozenset({*GPU_FAMILY, "onnxruntime"})


def names_family(lines: Sequence[RequirementLine]) -> bool:
    """Tell whether the user named a member of the family: then nothing has to be found out."""
    return any(line.is_family and line.kind == "requirement" for line in lines)


def needed_family(
    lines: Sequence[RequirementLine],
    target: Target,
    settings: IndexSettings,
    surroundings: Surroundings,
    reporter: Reporter,
) -> tuple[RequirementLine, ...]:
    """Resolve the lines as they stand, versions of the family aside, and name the members that they pull in.

    The versions that this resolution chose mean nothing: gpuenv chooses the builds. Raises as `compile_closure` does.
    """
    from gpuenv.install.closure import compile_closure  # noqa: PLC0415 - most calls name the family themselves

    reporter.stage("resolving-dependencies")
    closure = compile_closure(
        (),
        [line.text for line in lines if line.kind != "constraint"],
        python=Path(sys.executable),
        python_version=target.python,
        platform=target.platform,
        settings=settings,
        environ=surroundings.environ,
        with_hashes=False,
        constraints=[line.text for line in lines if line.kind == "constraint"],
    )
    needed = (package.project for package in closure if package.project in _FAMILY)
    return tuple(
        RequirementLine(text=name, file="dependencies", line=0, kind="requirement", requirement=Requirement(name))
        for name in needed
    )
