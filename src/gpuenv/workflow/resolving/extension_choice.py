"""Chooses wheels of packages with GPU code of their own, once torch is chosen and before the engine is asked."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.models.extension import SourceBuild
from gpuenv.models.index import PYTORCH_INDEX_URL, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.notice import Notice
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.resolution import Conflict, Pin
from gpuenv.models.value import dataclass
from gpuenv.rules.coverage import best_ptx, best_sass
from gpuenv.rules.wheel_labels import label_fits
from gpuenv.rules.wheel_tags import supported_tags
from gpuenv.workflow.resolving.extension_lines import named
from gpuenv.workflow.resolving.newest_release import parse_wheel_of
from gpuenv.workflow.target import DETECTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement

    from gpuenv.models.cuda import Architecture
    from gpuenv.models.environment import Environment
    from gpuenv.models.extension import Extension
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.extension_lines import Extensions

_PYPI: Final = "pypi"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""The project that a requirement starts with; options start with a dash."""
_LOOKED_AT: Final = 3
"""How many wheels of a page are read: older ones of a package have no code for GPUs that the newest lack."""


def serve_extensions(
    extensions: Extensions,
    outcome: Resolution | Conflict,
    request: Request,
    target: Target,
    environment: Environment | None,
    settings: IndexSettings,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
) -> tuple[Resolution | Conflict, Request, tuple[Notice, ...]]:
    """Choose a wheel for each extension that is bound to the torch: a pin where a page has one that serves the GPUs.

    What the default index has is left to the engine, at the release that goes with the torch. What nobody has a wheel
    of is not asked for, and a remark says how it is built.
    """
    if isinstance(outcome, Conflict):
        return outcome, request, ()
    notes = [note for _, row in extensions.free for note in _lacking(row, target)]
    torch = outcome.pin("torch")
    if torch is None:
        return outcome, request, tuple(notes)
    choice = _Choice(
        torch=torch,
        request=request,
        target=target,
        settings=settings,
        options=options,
        surroundings=surroundings,
        reporter=reporter,
    )
    served = [
        (_plain(requirement), ())
        if "torch" in outcome.kept and _is_there(requirement, environment)
        else choice.serve(requirement, row)
        for requirement, row in extensions.bound.values()
    ]
    pins = (found for found, _ in served if isinstance(found, Pin))
    others = (found for found, _ in served if isinstance(found, str))
    exact = (_exact(text, extensions, outcome, request) for text in request.others)
    return (
        replace(outcome, pins=(*outcome.pins, *pins)),
        replace(request, others=(*exact, *others)),
        (*notes, *(note for _, remarks in served for note in remarks)),
    )


def _exact(text: str, extensions: Extensions, outcome: Resolution, request: Request) -> str:
    """Name the release that goes with the torch, for an extension that the engine chooses."""
    build = outcome.torch.build if outcome.torch is not None else None
    free = {row.package for _, row in extensions.free}
    project = _NAME.match(text)
    name = canonicalize_name(project[0]) if project is not None else ""
    pairing = next((found for found in extensions.pairings if found.package == name and name in free), None)
    if pairing is None or build is None:
        return text
    is_index_read = any(source.kind is SourceKind.PYTORCH for source in request.sources)
    release = pairing.release_for(build.version, build.tag, is_index_read=is_index_read)
    return f"{named(pairing.requirement)}=={release.version}" if release is not None else text


def _is_there(requirement: Requirement, environment: Environment | None) -> bool:
    found = environment.installed(canonicalize_name(requirement.name)) if environment is not None else None
    return found is not None and not found.problems and requirement.specifier.contains(found.version, prereleases=True)


def _plain(requirement: Requirement) -> str:
    """Write a requirement without its marker, which was applied."""
    return f"{named(requirement)}{requirement.specifier}"


def _lacking(row: Extension, target: Target, command: str | None = None) -> Iterator[Notice]:
    """Say where the newest wheels are known to hold nothing for a GPU; those for one exact GPU only are extras."""
    lacking = tuple(gpu.name for gpu in lacking_gpus(row, target))
    if lacking:
        code = tuple(str(found) for found in sorted(_plain_code(row)))
        is_built = row.source_build is not SourceBuild.NEVER
        yield Notice.of(
            "extension-lacks-code",
            package=row.package,
            code=code,
            gpus=lacking,
            command=command if is_built else None,
        )


def lacking_gpus(row: Extension, target: Target) -> list[Gpu]:
    """List the GPUs that the newest wheels are known to hold nothing for."""
    sass = _plain_code(row)
    return [gpu for gpu in target.gpus if not _serves_gpu(gpu, row, sass)] if sass or row.ptx else []


def _plain_code(row: Extension) -> frozenset[Architecture]:
    return frozenset(code for code in row.sass if code.suffix != "a")


def _is_newer(target: Target, row: Extension) -> bool:
    """Whether the newest wheels are older than a GPU: compiled, it serves; what is too old for it may never."""
    newest = max((code.capability for code in row.sass), default=None)
    lacking = (capability for gpu in lacking_gpus(row, target) for capability in gpu.capabilities)
    return newest is not None and any(capability > newest for capability in lacking)


def _serves_gpu(gpu: Gpu, row: Extension, sass: frozenset[Architecture]) -> bool:
    return all(
        best_sass(sass, capability, build_cuda=None) is not None or best_ptx(sass, row.ptx, capability) is not None
        for capability in gpu.capabilities
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """The torch that was chosen, and where wheels for it may come from."""

    torch: Pin
    request: Request
    target: Target
    settings: IndexSettings
    options: Options
    surroundings: Surroundings
    reporter: Reporter
    unread: dict[str, str] = field(default_factory=dict)
    """Pages that could not be read, by project."""

    @property
    def tag(self) -> str:
        return (self.torch.tag or "").removeprefix("nightly/")

    def serve(self, requirement: Requirement, row: Extension) -> tuple[Pin | str | None, tuple[Notice, ...]]:
        """Give a pin, or what the engine is asked for, or None where nobody has a wheel; and what to say of it."""
        found = self.pin(requirement, row) or self.left_to_engine(requirement, row)
        if found is None or (isinstance(found, str) and _is_newer(self.target, row)):
            return None, (self.left_out(requirement, row),)
        if isinstance(found, Pin):
            return found, ()
        return found, tuple(_lacking(row, self.target, self.command(requirement)))

    def pin(self, requirement: Requirement, row: Extension) -> Pin | None:
        """Find the newest wheel on the package's own pages that serves every GPU."""
        from gpuenv.workflow.builds.prebuilt import page_wheels, paired, serves  # noqa: PLC0415 - few name extensions

        wanted = paired(requirement, row, self.torch.version, self.tag)
        if wanted is None or row.source_build is SourceBuild.ALWAYS or self.options.is_offline:
            return None
        self.reporter.stage("looking-for-wheel", package=row.package)
        tags = supported_tags(self.target.platform, self.target.python)
        for page in self._pages(row):
            found = page_wheels(
                page,
                wanted,
                self.torch.version,
                self.tag,
                tags=tags,
                settings=self.settings,
                on_fault=lambda error: self._note(row, error),
            )
            for source, wheel in islice(found, _LOOKED_AT):
                if serves(wheel.url, self.tag, self.options, self.surroundings, self.reporter, is_thorough=False):
                    return Pin(
                        project=row.package,
                        version=wheel.version,
                        tag=None,
                        source=source,
                        evidence=Evidence.BINARY,
                        extras=tuple(sorted(requirement.extras)),
                        is_flat=True,
                        unhashed_url=None if wheel.sha256 else wheel.url,
                    )
                self.reporter.stage("wheel-does-not-serve", wheel=wheel.filename)
        return None

    def _note(self, row: Extension, error: GpuenvError) -> None:
        self.unread[row.package] = str(error.context.get("url") or error.code)

    def _pages(self, row: Extension) -> Iterator[str]:
        """List the pages; those of PyTorch's own index where that index, or a mirror of it, may be read at all."""
        bases = [
            source.location or PYTORCH_INDEX_URL for source in self.request.sources if source.kind is SourceKind.PYTORCH
        ]
        for page in row.wheels:
            if page.startswith(PYTORCH_INDEX_URL):
                yield from (page.replace(PYTORCH_INDEX_URL, base.rstrip("/")) for base in bases)
            elif page != _PYPI:
                yield page

    def left_to_engine(self, requirement: Requirement, row: Extension) -> str | None:
        """Name what the engine is asked for: a release that the default index has a wheel of; None where it has none.

        A source distribution does not count: the engine would compile it without torch, for whatever GPU.
        """
        from gpuenv.workflow.builds.prebuilt import paired  # noqa: PLC0415 - as above

        wanted = paired(requirement, row, self.torch.version, self.tag)
        if _PYPI in row.wheels:
            return _plain(wanted or requirement) if self._is_on_default_index(wanted, row) else None
        if wanted is None or row.source_build is SourceBuild.ALWAYS or self.options.is_offline:
            return None
        from gpuenv.install.closures.closure import compile_pylock  # noqa: PLC0415 - as above

        try:
            text = compile_pylock(
                (),
                (f"--only-binary {row.package}", _plain(wanted)),
                python=Path(sys.executable),
                python_version=self.target.python,
                platform=self.target.platform,
                settings=self.settings,
                environ=self.surroundings.environ,
                excluded=GPU_FAMILY,
            )
        except GpuenvError:
            return None  # as where no index has it: it is compiled
        page = parse_wheel_of(row.package, text)
        if page is None or not label_fits(page.wheels[0].version.local or "", torch=self.torch.version, tag=self.tag):
            return None
        return f"{named(requirement)}=={page.wheels[0].version}"

    def _is_on_default_index(self, wanted: Requirement | None, row: Extension) -> bool:
        """Whether the default index has a wheel of the release for the torch's CUDA, as far as that is known."""
        specifier = wanted.specifier if wanted is not None else None
        known = [found for found in row.known_releases if specifier is not None and specifier.contains(found.version)]
        public = Version(self.torch.version.public)
        return not known or any(found.admits(public, self.tag, is_index_read=False) for found in known)

    def command(self, requirement: Requirement) -> str:
        """Write the command that builds it."""
        target = ("--target", self.options.target) if self.options.target not in DETECTED else ()
        venv = ("--venv", self.options.venv) if self.options.venv else ()
        return shlex.join(["gpuenv", "build", _plain(requirement), *target, *venv])

    def left_out(self, requirement: Requirement, row: Extension) -> Notice:
        """Say that it is left out, and how it is built."""
        code = "extension-page-unread" if row.package in self.unread else "extension-needs-build"
        if self.options.is_offline and row.source_build is not SourceBuild.ALWAYS:
            code = "extension-not-looked-for"
        return Notice.of(
            code,
            package=row.package,
            torch=str(self.torch.version),
            gpus=tuple(gpu.name for gpu in self.target.gpus),
            page=self.unread.get(row.package),
            command=self.command(requirement),
        )
