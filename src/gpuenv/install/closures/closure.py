"""Asks uv for everything that the chosen family needs: the closure, with hashes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.compiled import parse_compiled
from gpuenv.install.engines.generated_project import project_text
from gpuenv.install.engines.index_access import index_access
from gpuenv.install.engines.uv import compile_argv, find_uv, target_arguments, without_credentials
from gpuenv.install.engines.uv_failures import why_failed
from gpuenv.models.index import SourceKind
from gpuenv.models.progress import Reporter
from gpuenv.models.value import dataclass
from gpuenv.process import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.install.engines.index_access import IndexAccess
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.platform import Platform, PythonVersion
    from gpuenv.models.resolution import Pin
    from gpuenv.models.settings import IndexSettings
    from gpuenv.process import ProcessResult

_BESIDE_TORCH: Final = frozenset({"triton", "pytorch-triton", "torchtriton"})
"""Dependencies of torch that some builds, nightly ones above all, need from PyTorch's own index."""


def compile_closure(
    pins: Sequence[Pin],
    others: Sequence[str],
    *,
    python: Path,
    python_version: PythonVersion,
    platform: Platform | None,
    settings: IndexSettings,
    environ: Mapping[str, str],
    with_hashes: bool,
    is_offline: bool = False,
    constraints: Sequence[str] = (),
    excluded: Sequence[str] = (),
    reporter: Reporter | None = None,
) -> tuple[LockedPackage, ...]:
    """Resolve the pins and the other requirements to exact versions, sorted by name.

    The family comes from the sources of its pins and as wheels only; everything else from the user's own indexes.
    `platform` None means: for the interpreter `python` itself, whose version `python_version` then is. A described
    platform is resolved with `python` as the interpreter that uv runs with. `constraints` are requirements that
    limit versions, such as `numpy<2`, or `numpy==1.26.4` for a package that has to stay. `excluded` projects are left
    out whatever depends on them, such as `onnxruntime` beside `onnxruntime-gpu`, which has all of it.

    Raises the codes of `why_failed`: `dependencies-conflict` with uv's explanation, `package-not-found`,
    `network-unreachable`, ...
    """
    question = _Question(
        uv=find_uv(environ),
        pins=tuple(pins),
        others=tuple(others),
        constraints=tuple(constraints),
        excluded=tuple(excluded),
        python=python,
        target=target_arguments(platform, str(python_version)) if platform is not None else (),
        settings=settings,
        access=index_access(settings, environ, pins),
        with_hashes=with_hashes,
        is_offline=is_offline,
    )
    return parse_compiled(_answer(question, reporter or Reporter()))


def compile_pylock(
    pins: Sequence[Pin],
    others: Sequence[str],
    *,
    python: Path,
    python_version: PythonVersion,
    platform: Platform,
    settings: IndexSettings,
    environ: Mapping[str, str],
    is_offline: bool = False,
    constraints: Sequence[str] = (),
    excluded: Sequence[str] = (),
    reporter: Reporter | None = None,
) -> str:
    """Resolve as `compile_closure` does, for a described platform; give uv's `pylock.toml` with each wheel's address.

    The addresses are those of the user's own indexes, folders and credentials included: not to be written as they are.
    Raises the codes of `compile_closure`.
    """
    question = _Question(
        uv=find_uv(environ),
        pins=tuple(pins),
        others=tuple(others),
        constraints=tuple(constraints),
        excluded=tuple(excluded),
        python=python,
        target=target_arguments(platform, str(python_version)),
        settings=settings,
        access=index_access(settings, environ, pins),
        with_hashes=True,
        is_offline=is_offline,
        as_pylock=True,
    )
    return _answer(question, reporter or Reporter())


def _answer(question: _Question, listener: Reporter) -> str:
    """Put the question to uv, once more where torch needs companions from its own index."""
    listener.stage("resolving-dependencies")
    result = question.ask()
    is_closed = result.succeeded or question.settings.no_index
    missing = frozenset() if is_closed else missing_beside_torch(result, question.pins)
    if missing:
        result = question.ask(companions=tuple(sorted(missing)))
    for line in result.stderr.splitlines():
        listener.output(without_credentials(line))
    if not result.succeeded:
        cause = why_failed(result.stderr, exit_code=result.exit_code)
        raise GpuenvError(cause.code, **cause.context)
    return result.stdout


def missing_beside_torch(result: ProcessResult, pins: tuple[Pin, ...]) -> frozenset[str]:
    """Name what a build from PyTorch's index needs and the default index does not have."""
    torch = next((pin for pin in pins if pin.project == "torch"), None)
    if torch is None or torch.source.kind is not SourceKind.PYTORCH:
        return frozenset()
    words = frozenset(result.stderr.replace("==", " ").replace("<", " ").replace(">", " ").split())
    return _BESIDE_TORCH & words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One resolution, as it is put to uv."""

    uv: Path
    pins: tuple[Pin, ...]
    others: tuple[str, ...]
    constraints: tuple[str, ...]
    excluded: tuple[str, ...]
    python: Path
    target: tuple[str, ...]
    settings: IndexSettings
    access: IndexAccess
    with_hashes: bool
    is_offline: bool
    as_pylock: bool = False

    def ask(self, companions: tuple[str, ...] = ()) -> ProcessResult:
        """Run `uv pip compile`; the companions come from torch's index as well."""
        indexes = dict(self.access.explicit)
        if companions:
            indexes |= dict.fromkeys(companions, indexes["torch"])
        requirements = [*(pin.requirement for pin in self.pins), *companions]
        with tempfile.TemporaryDirectory(prefix="gpuenv-") as folder:
            project = Path(folder, "pyproject.toml")
            project.write_text(project_text(requirements, indexes), encoding="utf-8")
            others = Path(folder, "requirements.in")
            others.write_text("".join(f"{line}\n" for line in self.others), encoding="utf-8")
            limits = Path(folder, "constraints.txt")
            limits.write_text("".join(f"{line}\n" for line in self.constraints), encoding="utf-8")
            barred = Path(folder, "excludes.txt")
            barred.write_text("".join(f"{line}\n" for line in self.excluded), encoding="utf-8")
            argv = compile_argv(
                self.uv,
                (project, *((others,) if self.others else ())),
                python=self.python,
                target=self.target,
                indexes=self.access.arguments,
                constraints=(*self.settings.constraints, *((str(limits),) if self.constraints else ())),
                excludes=(str(barred),) if self.excluded else (),
                only_binary=tuple(pin.project for pin in self.pins),
                with_hashes=self.with_hashes,
                is_offline=self.is_offline,
                as_pylock=self.as_pylock,
            )
            return run(argv, env=self.access.environ, cwd=Path(folder))
