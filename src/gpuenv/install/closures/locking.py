"""Asks uv for what a lock holds: every file of the closure with its address and hash, wheels only by default."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.closure import missing_beside_torch
from gpuenv.install.engines.generated_project import project_text
from gpuenv.install.engines.index_access import index_access
from gpuenv.install.engines.uv import compile_argv, find_uv, target_arguments, without_credentials
from gpuenv.install.engines.uv_failures import why_failed
from gpuenv.models.platform import DEFAULT_MACOS
from gpuenv.models.value import dataclass
from gpuenv.process import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.execution import LockedPackage, StatedMetadata
    from gpuenv.models.platform import Platform, PythonVersion
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Pin
    from gpuenv.models.settings import IndexSettings
    from gpuenv.process import ProcessResult

_WHEELS_REQUIRED: Final = re.compile(
    r"Wheels are required for `(?P<project>[^`]+)` because building from source is disabled"
)
_NAME: Final = "pylock.toml"
"""uv reads what is pinned so far from the file that it writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockQuestion:
    """One closure, for a described machine."""

    pins: tuple[Pin, ...]
    others: tuple[str, ...]
    python: Path
    """The interpreter that uv runs with."""
    python_version: PythonVersion
    platform: Platform
    settings: IndexSettings
    environ: Mapping[str, str] = field(repr=False)
    is_offline: bool = False
    constraints: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    known: tuple[LockedPackage, ...] = ()
    """What is pinned so far: kept where nothing speaks against it."""
    upgraded: tuple[str, ...] = ()
    """Projects of `known` that are to be the newest again."""
    stated: Mapping[str, StatedMetadata] = field(default_factory=dict)
    """By project: packages without a wheel whose source archive states what they depend on."""
    with_dependencies: bool = True
    built: tuple[str, ...] = ()
    """Packages without a wheel that may be built here to learn what they depend on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelMissing:
    """A package has no wheel for the target, and its source may not be used (yet)."""

    project: str
    failure: GpuenvError
    """What to raise where no way around is wanted."""


def compile_lock(question: LockQuestion, reporter: Reporter) -> str | WheelMissing:
    """Resolve; give uv's `pylock.toml`: one file a package, with the address and the hash of each.

    The addresses are those of the user's own indexes, folders and credentials included: not to be written as they
    are. Where an index publishes no hash, uv downloads that one file. Raises the codes of `why_failed`.
    """
    reporter.stage("resolving-dependencies")
    result, text = _ask(question, ())
    if not result.succeeded and not question.settings.no_index:
        missing = missing_beside_torch(result, question.pins)
        if missing:
            result, text = _ask(question, tuple(sorted(missing)))
    for line in result.stderr.splitlines():
        reporter.output(without_credentials(line))
    if result.succeeded:
        return text
    cause = why_failed(result.stderr, exit_code=result.exit_code)
    failure = GpuenvError(cause.code, **cause.context)
    wanted = _WHEELS_REQUIRED.search(result.stderr)
    if wanted is not None and wanted["project"] not in {pin.project for pin in question.pins}:
        return WheelMissing(project=wanted["project"], failure=failure)
    raise failure


def _ask(question: LockQuestion, companions: tuple[str, ...]) -> tuple[ProcessResult, str]:
    """Run `uv pip compile`; the companions come from torch's index as well."""
    access = index_access(question.settings, question.environ, question.pins)
    indexes = dict(access.explicit)
    if companions:
        indexes |= dict.fromkeys(companions, indexes["torch"])
    requirements = [*(pin.requirement for pin in question.pins), *companions]
    with tempfile.TemporaryDirectory(prefix="gpuenv-") as name:
        folder = Path(name)
        environ, stated = _configured(question, dict(access.environ), folder)
        project = _written(folder / "pyproject.toml", project_text(requirements, indexes) + stated)
        output = folder / _NAME
        if question.known:
            _written(output, _known_text(question.known))
        argv = _argv(question, project, access.arguments, folder)
        result = run(argv, env=environ, cwd=folder)
        return result, output.read_text(encoding="utf-8") if result.succeeded else ""


def _configured(question: LockQuestion, environ: dict[str, str], folder: Path) -> tuple[dict[str, str], str]:
    """Give uv's variables, and what goes into its project file about packages without a wheel."""
    stated = _stated_text(question.stated)
    if stated and "UV_NO_CONFIG" in environ:
        del environ["UV_NO_CONFIG"]
        # Without any configuration uv would not read ours either; a file named to it stands in for all others.
        environ["UV_CONFIG_FILE"] = str(_written(folder / "uv.toml", stated.replace("[[tool.uv.", "[[")))
        stated = ""
    if question.platform.name.startswith("macos"):
        macos = question.platform.macos or DEFAULT_MACOS
        environ["MACOSX_DEPLOYMENT_TARGET"] = f"{macos[0]}.{macos[1]}"
    return environ, stated


def _argv(question: LockQuestion, project: Path, indexes: Sequence[str], folder: Path) -> tuple[str, ...]:
    limits = (str(path) for path in _listed(folder / "constraints.txt", question.constraints))
    argv = compile_argv(
        find_uv(question.environ),
        (project, *_listed(folder / "requirements.in", question.others)),
        python=question.python,
        target=target_arguments(question.platform, str(question.python_version)),
        indexes=indexes,
        constraints=(*question.settings.constraints, *limits),
        excludes=tuple(str(path) for path in _listed(folder / "excludes.txt", question.excluded)),
        only_binary=(":all:",),
        with_hashes=True,
        is_offline=question.is_offline,
        as_pylock=True,
    )
    from_source = sorted({*question.stated, *question.built})
    return (
        *argv,
        *(argument for name in from_source for argument in ("--no-binary", name)),
        *(argument for name in question.upgraded for argument in ("--upgrade-package", name)),
        *(() if question.with_dependencies else ("--no-deps",)),
        *("--output-file", _NAME),
    )


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _listed(path: Path, lines: Sequence[str]) -> tuple[Path, ...]:
    return (_written(path, "".join(f"{line}\n" for line in lines)),) if lines else ()


def _known_text(packages: Sequence[LockedPackage]) -> str:
    """Write what is pinned so far in the form in which uv takes it for a preference."""
    entries = (
        f"[[packages]]\nname = {json.dumps(package.project)}\nversion = {json.dumps(str(package.version))}\n"
        for package in packages
    )
    return f'lock-version = "1.0"\ncreated-by = "gpuenv"\n{"".join(entries)}'


def _stated_text(stated: Mapping[str, StatedMetadata]) -> str:
    """Write what is known of packages without a wheel."""
    text = ""
    for project, metadata in sorted(stated.items()):
        text += f"\n[[tool.uv.dependency-metadata]]\nname = {json.dumps(project)}\n"
        if metadata.version:
            text += f"version = {json.dumps(metadata.version)}\n"
        if metadata.requires_python:
            text += f"requires-python = {json.dumps(metadata.requires_python)}\n"
        text += f"requires-dist = {json.dumps(list(metadata.requires), ensure_ascii=False)}\n"
    return text
