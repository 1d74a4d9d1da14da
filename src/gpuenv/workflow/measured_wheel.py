"""Reads one wheel of torch where it lies: its GPU code, its CUDA version, and what it pins."""

from __future__ import annotations

import re
import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.matrix import Evidence, Provenance, TorchBuild
from gpuenv.models.platform import PythonVersion
from gpuenv.models.settings import redact_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.binaries import MainSet
    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.target import Target

_MAIN_LIBRARY: Final = re.compile(r"torch/lib/(?:lib)?torch_cuda(?:_cu|_cpp)?\.(?:so|dll)")
_CUDA: Final = re.compile(r"^cuda[^=\n]*=\s*'(\d+\.\d+)", re.MULTILINE)
"""In `torch/version.py`: `cuda: Optional[str] = '13.0'`."""
_INTERPRETER: Final = re.compile(r"cp3(\d+)")


def measure_wheel(
    page: ProjectPage, wheel: IndexedWheel, target: Target, settings: IndexSettings, *, today: str
) -> TorchBuild | None:
    """Make the build of a wheel that a page lists; None for one without CUDA.

    Not more is read than tells the main set: the evidence is `binary-partial`. Raises `GpuenvError`, `OSError`,
    `zipfile.BadZipFile`.
    """
    with _opened(wheel.url, settings) as file:
        with zipfile.ZipFile(file) as archive:
            texts = _texts(archive)
        cuda = _CUDA.search(texts["version"])
        tag = page.tag or wheel.version.local or (CudaVersion.parse(cuda[1]).tag if cuda else None)
        if tag is None:
            return None
        sets = _main_sets(file, redact_url(wheel.url))
    pins = _pins(texts["metadata"])
    pythons = _pythons(page, wheel) or [target.python]
    return TorchBuild(
        version=Version(wheel.version.public),
        tag=tag,
        platform=target.platform.name,
        sass=frozenset(code for one in sets for code in one.sass),
        ptx=frozenset(code for one in sets for code in one.ptx),
        ptx_is_known=True,
        python_min=pythons[0],
        python_max=pythons[-1],
        local=wheel.version.local,
        on_pytorch_index=False,
        on_pypi=False,
        is_official=True,
        cudnn=_exact(pins, "nvidia-cudnn"),
        nccl=_exact(pins, "nvidia-nccl"),
        triton=next((pin.specifier for pin in pins if pin.name == "triton"), None),
        provenance=Provenance(
            evidence=Evidence.BINARY_PARTIAL,
            source=f"{wheel.filename} sha256 {wheel.sha256 or '-'}: measured by gpuenv",
            verified=today,
        ),
    )


def _main_sets(file: IO[bytes], shown: str) -> list[MainSet]:
    """Read the library whose code is that of the build; where a wheel names it otherwise, every library."""
    from gpuenv.binaries.main_set import main_set  # noqa: PLC0415 - only where there is something to measure
    from gpuenv.binaries.wheel import read_wheel  # noqa: PLC0415

    files = read_wheel(
        file,  # type: ignore[arg-type] # an io.RawIOBase has all that zipfile asks of a BinaryIO
        shown,
        is_thorough=False,
        wanted=lambda path: _MAIN_LIBRARY.fullmatch(path) is not None,
    )
    if not any(found.summary.objects for found in files):
        files = read_wheel(file, shown, is_thorough=False)  # type: ignore[arg-type] # as above
    return [main_set(found.summary) for found in files]


@contextmanager
def _opened(url: str, settings: IndexSettings) -> Iterator[Any]:
    """Open a wheel where it lies."""
    from gpuenv.index.folder import folder_of  # noqa: PLC0415 - only where there is something to measure
    from gpuenv.index.remote_file import RemoteFile  # noqa: PLC0415

    path = folder_of(url)
    if path is not None:
        with path.open("rb") as local:
            yield local
    else:
        with RemoteFile(url, settings) as remote:
            yield remote


def _texts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Read the two small members that tell of the build."""
    names = archive.namelist()
    wanted = {
        "version": "torch/version.py",
        "metadata": next((name for name in names if name.endswith(".dist-info/METADATA")), ""),
    }
    return {key: archive.read(name).decode(errors="replace") if name in names else "" for key, name in wanted.items()}


def _pins(metadata: str) -> list[Requirement]:
    """Read `Requires-Dist` of METADATA; lines that do not parse say nothing."""
    found = []
    for line in metadata.partition("\n\n")[0].splitlines():
        if line.startswith("Requires-Dist:"):
            try:
                found.append(Requirement(line.partition(":")[2].strip()))
            except InvalidRequirement:
                continue
    return found


def _exact(pins: Sequence[Requirement], prefix: str) -> Version | None:
    for pin in pins:
        if pin.name.startswith(prefix):
            for specifier in pin.specifier:
                if specifier.operator == "==" and "*" not in specifier.version:
                    return Version(specifier.version)
    return None


def _pythons(page: ProjectPage, wheel: IndexedWheel) -> list[PythonVersion]:
    """List the Pythons for which the page has wheels of the same version and platform, ascending."""
    platforms = {tag.platform for tag in wheel.tags}
    minors = {
        int(found[1])
        for other in page.wheels
        if other.version == wheel.version
        for tag in other.tags
        if tag.platform in platforms and (found := _INTERPRETER.fullmatch(tag.interpreter)) is not None
    }
    return [PythonVersion(major=3, minor=minor) for minor in sorted(minors)]
