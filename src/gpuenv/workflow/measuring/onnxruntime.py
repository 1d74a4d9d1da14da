"""Makes a build of onnxruntime-gpu from a wheel: its GPU code, and the CUDA and cuDNN that it loads."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Final

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.matrix import OnnxRuntimeBuild
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass
from gpuenv.workflow.measuring.wheel_reading import (
    main_sets,
    member_text,
    metadata_of,
    opened,
    provenance_of,
    pythons_of,
    requirements_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.requirements import Requirement

    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.target import Target

_MAIN_LIBRARY: Final = re.compile(r"onnxruntime/capi/(?:lib)?onnxruntime_providers_cuda\.(?:so|dll)")
_BUILD_INFO: Final = "onnxruntime/capi/build_and_package_info.py"
_CUDA: Final = re.compile(r"^cuda_version\s*=\s*['\"](\d+\.\d+)", re.MULTILINE)
_EXTRAS: Final = ("cuda", "cudnn")
_CUDNN_OF_MAJOR: Final = re.compile(r"nvidia-cudnn-cu(?P<cuda>\d+)")
_RUNTIME_OF_MAJOR: Final = re.compile(r"nvidia-cuda-runtime(?:-cu(?P<cuda>\d+))?")
_ELF_END: Final = ".so"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Majors:
    """Major versions; None where this source does not tell."""

    cuda: int | None
    cudnn: int | None


def measure_runtime(
    page: ProjectPage,
    wheel: IndexedWheel,
    target: Target,
    settings: IndexSettings,
    toolkits: Iterable[CudaVersion],
    *,
    today: str,
) -> OnnxRuntimeBuild | None:
    """Make the build of a wheel that a page lists; None where it has no CUDA library, or does not tell of which CUDA.

    The majors are those of the libraries that the CUDA provider loads, else those that the extras bring. The minor is
    told by the wheel's own build information; without it the newest of `toolkits` is taken, which asks most of a
    driver. Evidence and errors as with `measure_torch`.
    """
    with opened(wheel.url, settings) as file:
        with zipfile.ZipFile(file) as archive:
            library = next((name for name in archive.namelist() if _MAIN_LIBRARY.fullmatch(name)), None)
            if library is None:
                return None
            stated = _CUDA.search(member_text(archive, _BUILD_INFO))
            requirements = requirements_of(metadata_of(archive))
            named = _majors_of_extras(requirements)
            loaded = _majors_of_library(archive, library, is_needed=stated is None or named.cudnn is None)
        major = loaded.cuda or (CudaVersion.parse(stated[1]).major if stated else None) or named.cuda
        cudnn = loaded.cudnn or named.cudnn
        cuda = _cuda(major, stated[1] if stated else None, toolkits)
        if cuda is None or cudnn is None:
            return None
        sets = main_sets(file, redact_url(wheel.url), _MAIN_LIBRARY)
    pythons = pythons_of(page, wheel) or [target.python]
    return OnnxRuntimeBuild(
        version=wheel.version,
        platform=target.platform.name,
        cuda=cuda,
        cudnn_major=cudnn,
        python_min=pythons[0],
        python_max=pythons[-1],
        sass=frozenset(code for one in sets for code in one.sass),
        ptx=frozenset(code for one in sets for code in one.ptx),
        extras=tuple(extra for extra in _EXTRAS if any(_is_of_extra(one, extra) for one in requirements)),
        provenance=provenance_of(wheel, today),
    )


def _majors_of_library(archive: zipfile.ZipFile, library: str, *, is_needed: bool) -> _Majors:
    """Read the names of what the library loads: of an ELF library always, of a DLL, where it costs 20 MB, if needed."""
    from gpuenv.binaries.loaded_names import loaded_majors  # noqa: PLC0415 - only where there is something to measure

    if not is_needed and not library.endswith(_ELF_END):
        return _Majors(cuda=None, cudnn=None)
    with archive.open(library) as stream:
        found = loaded_majors(stream.read)
    return _Majors(cuda=found.get("cublas") or found.get("cudart"), cudnn=found.get("cudnn"))


def _majors_of_extras(requirements: Iterable[Requirement]) -> _Majors:
    """Read which CUDA and cuDNN the wheel names among its requirements: `nvidia-cudnn-cu13~=9.0; extra == "cudnn"`."""
    cuda: int | None = None
    cudnn: int | None = None
    for requirement in requirements:
        for_cudnn = _CUDNN_OF_MAJOR.fullmatch(requirement.name)
        runtime = _RUNTIME_OF_MAJOR.fullmatch(requirement.name)
        if for_cudnn is not None:
            cuda = int(for_cudnn["cuda"])
            cudnn = next(_first_numbers(requirement), cudnn)
        elif runtime is not None and cuda is None:
            cuda = int(runtime["cuda"]) if runtime["cuda"] else next(_first_numbers(requirement), None)
    return _Majors(cuda=cuda, cudnn=cudnn)


def _first_numbers(requirement: Requirement) -> Iterator[int]:
    """Give the majors that a requirement holds to."""
    for specifier in requirement.specifier:
        if specifier.operator in {"==", "~=", ">="}:
            yield int(specifier.version.partition(".")[0])


def _is_of_extra(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    return marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})


def _cuda(major: int | None, stated: str | None, toolkits: Iterable[CudaVersion]) -> CudaVersion | None:
    if stated is not None:
        cuda = CudaVersion.parse(stated)
        if major in {None, cuda.major}:
            return cuda
    return max((toolkit for toolkit in toolkits if toolkit.major == major), default=None)
