"""Tells whether an installed extension has code for the target's GPUs: one that was compiled for others has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.binaries import JudgedFile
    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class LackingCode:
    """The GPUs that an extension does not serve, and what it has instead."""

    gpus: tuple[str, ...]
    sass: tuple[str, ...]
    """`sm_89`"""


def lacking_code(
    found: InstalledDistribution, environment: Environment, target: Target, surroundings: Surroundings
) -> LackingCode | None:
    """Read the libraries that a distribution brought; None where they serve every GPU, or hold no GPU code at all."""
    from gpuenv.workflow.libraries.judge import judge_files, make_judge  # noqa: PLC0415 - few applications compile

    files = _files(found)
    if not files:
        return None
    judge = make_judge(target.gpus, target.driver, target.platform, environment, surroundings, matrix=None)
    judged = [file for file in judge_files(files, judge) if file.file.summary.objects]
    gpus = {gpu: None for file in judged for gpu, verdict in file.verdicts if verdict.kind == "none"}
    code = {one.sm for file in judged for one in (*file.main.sass, *file.main.extra_sass)}
    return LackingCode(gpus=tuple(gpus), sass=tuple(sorted(code, key=lambda sm: (len(sm), sm)))) if gpus else None


def _files(found: InstalledDistribution) -> list[JudgedFile]:
    from gpuenv.binaries.environment_libraries import parse_record  # noqa: PLC0415 - as above
    from gpuenv.binaries.library import read_library  # noqa: PLC0415
    from gpuenv.binaries.main_set import main_set  # noqa: PLC0415
    from gpuenv.models.binaries import InspectedFile, JudgedFile  # noqa: PLC0415

    files = []
    try:
        text = (found.location / "RECORD").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    for row in parse_record(text):
        path = found.location.parent / row.path
        try:
            summary = read_library(path).code
        except GpuenvError:
            continue  # damage is for `inspect` to tell
        file = InspectedFile(path=str(path), distribution=found.name, summary=summary)
        files.append(JudgedFile(file=file, main=main_set(summary)))
    return files
