"""Checks a matrix folder: its checksums, and that its rows agree with each other."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final

from gpuenv.matrix.applications import APPLICATIONS
from gpuenv.matrix.applications_file import parse_applications
from gpuenv.matrix.architectures_file import parse_architectures
from gpuenv.matrix.catalog import EXTENSIONS
from gpuenv.matrix.cuda_file import parse_cuda
from gpuenv.matrix.cudnn_file import parse_cudnn
from gpuenv.matrix.diagnoses import DIAGNOSES, parse_diagnoses
from gpuenv.matrix.extensions_file import parse_extensions
from gpuenv.matrix.folder import read_bytes, read_table
from gpuenv.matrix.gpus_file import parse_gpus
from gpuenv.matrix.manifest_file import MANIFEST, parse_manifest
from gpuenv.matrix.onnxruntime_file import parse_onnxruntime
from gpuenv.matrix.torch_file import parse_torch
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from packaging.version import Version

    from gpuenv.matrix.torch_file import TorchFile
    from gpuenv.models.application import ApplicationLimit
    from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion
    from gpuenv.models.matrix import CudaRelease, OnnxRuntimeBuild, TorchBuild

FILES: Final = ("architectures.toml", "cuda.toml", "cudnn.toml", "gpus.toml", "onnxruntime.toml", "torch.toml")
"""The files that every matrix has beside its manifest."""


def validate_folder(folder: Path) -> tuple[Notice, ...]:
    """List what is wrong with a matrix: () for a sound one.

    Files that cannot be read or have no meaning are errors, as in `load_matrix`.
    """
    if (folder / DIAGNOSES).is_file():
        parse_diagnoses(read_table(folder, DIAGNOSES))
    return (*_checksum_problems(folder), *_row_problems(folder))


def _checksum_problems(folder: Path) -> Iterator[Notice]:
    manifest = parse_manifest(read_table(folder, MANIFEST))
    present = {path.name for path in folder.glob("*.toml")} - {MANIFEST}
    for name in sorted({*FILES, *present, *manifest.files}):
        if name not in manifest.files:
            yield Notice.of("matrix-file-unlisted", file=str(folder / name))
            continue
        found = hashlib.sha256(read_bytes(folder, name)).hexdigest()
        if found != manifest.files[name]:
            yield Notice.of(
                "matrix-checksum-differs", file=str(folder / name), found=found, expected=manifest.files[name]
            )


def _row_problems(folder: Path) -> Iterator[Notice]:
    torch = parse_torch(read_table(folder, "torch.toml"))
    cuda = parse_cuda(read_table(folder, "cuda.toml"))
    architectures = parse_architectures(read_table(folder, "architectures.toml"))
    onnxruntime = parse_onnxruntime(read_table(folder, "onnxruntime.toml"))
    gpus = parse_gpus(read_table(folder, "gpus.toml"))
    cudnn = parse_cudnn(read_table(folder, "cudnn.toml"))
    toolkits = {release.version: release for release in cuda.releases}
    known = {row.capability for row in architectures.rows}
    files = (
        ("torch.toml", torch.unused_sources, _torch_problems(torch, toolkits, known)),
        ("cuda.toml", cuda.unused_sources, _cuda_problems(cuda.releases, known)),
        ("onnxruntime.toml", onnxruntime.unused_sources, _onnxruntime_problems(onnxruntime.builds, toolkits, known)),
        (
            "gpus.toml",
            gpus.unused_sources,
            ((model.name, "unknown-capability") for model in gpus.models if model.capability not in known),
        ),
        ("architectures.toml", architectures.unused_sources, ()),
        (
            "cudnn.toml",
            cudnn.unused_sources,
            (
                (str(release.version), "empty-range")
                for release in cudnn.releases
                if release.capability_min > release.capability_max
            ),
        ),
    )
    for name, unused, problems in (*files, *_extension_problems(folder, known), *_application_problems(folder, known)):
        for row, problem in (*problems, *((key, "unused-source") for key in unused)):
            yield Notice.of("matrix-row-inconsistent", file=str(folder / name), row=row, problem=problem)


def _extension_problems(
    folder: Path, known: set[ComputeCapability]
) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[str, str]]]]:
    """Check `extensions.toml`, where the matrix has one."""
    if (folder / EXTENSIONS).is_file():
        read = parse_extensions(read_table(folder, EXTENSIONS))
        problems = (
            (extension.package, problem)
            for extension in read.extensions
            for problem in _code_problems(extension.sass | extension.ptx, None, known)
        )
        yield EXTENSIONS, read.unused_sources, problems


def _application_problems(
    folder: Path, known: set[ComputeCapability]
) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[str, str]]]]:
    """Check `applications.toml`, where the matrix has one."""
    if (folder / APPLICATIONS).is_file():
        read = parse_applications(read_table(folder, APPLICATIONS))
        problems = (
            (application.name, problem)
            for application in read.applications
            for limit in application.limits
            for problem in _limit_problems(limit, known)
        )
        yield APPLICATIONS, read.unused_sources, problems


def _limit_problems(limit: ApplicationLimit, known: set[ComputeCapability]) -> Iterator[str]:
    ends = [end for end in (limit.minimum, limit.maximum) if end is not None]
    if any(end not in known for end in ends):
        yield "unknown-capability"
    if ends != sorted(ends):
        yield "empty-range"


def _torch_problems(
    torch: TorchFile, toolkits: Mapping[CudaVersion, CudaRelease], known: set[ComputeCapability]
) -> Iterator[tuple[str, str]]:
    """List the rows of `torch.toml` that contradict other rows, with the kind of contradiction."""
    triton = {release.version for release in torch.triton}
    for build in torch.builds:
        yield from _build_problems(build, toolkits, known, triton)
    versions = [build.version for build in torch.builds]
    if versions != sorted(versions):
        yield "release", "not-sorted"
    by_default = Counter((str(build.version), build.platform) for build in torch.builds if build.on_pypi)
    for (version, platform), count in by_default.items():
        if count > 1:
            yield f"{version} {platform}", "several-builds-on-pypi"
    for companion in torch.companions:
        if not any(companion.torch.contains(version) for version in versions):
            yield f"{companion.project} {companion.version}", "pairs-with-no-torch"
    for release in torch.triton:
        wrong = [cuda for cuda in (release.ptxas, release.ptxas_blackwell) if cuda is not None and cuda not in toolkits]
        yield from ((f"triton {release.version}", "tag-without-toolkit") for _ in wrong)
    for channel in torch.nightly:
        if not channel.tag.startswith("nightly/"):
            yield channel.tag, "not-a-nightly-tag"
        yield from ((channel.tag, problem) for problem in _code_problems(channel.sass, None, known))


def _build_problems(
    build: TorchBuild,
    toolkits: Mapping[CudaVersion, CudaRelease],
    known: set[ComputeCapability],
    triton: set[Version],
) -> Iterator[tuple[str, str]]:
    row = f"{build.label} {build.platform}"
    if build.tag != "cpu" and build.cuda not in toolkits:
        yield row, "tag-without-toolkit"
    if build.tag != "cpu" and not build.sass:
        yield row, "no-code"
    if not build.on_pypi and not build.on_pytorch_index:
        yield row, "nowhere-published"
    if build.triton is not None and not any(version in build.triton for version in triton):
        yield row, "depends-on-unknown-triton"
    toolkit = toolkits.get(build.cuda) if build.cuda else None
    yield from ((row, problem) for problem in _code_problems(build.sass | build.ptx, toolkit, known))


def _onnxruntime_problems(
    builds: Iterable[OnnxRuntimeBuild], toolkits: Mapping[CudaVersion, CudaRelease], known: set[ComputeCapability]
) -> Iterator[tuple[str, str]]:
    for build in builds:
        row = f"{build.version} {build.platform}"
        if build.cuda not in toolkits:
            yield row, "tag-without-toolkit"
        problems = _code_problems(build.sass | build.ptx, toolkits.get(build.cuda), known)
        yield from ((row, problem) for problem in problems)


def _cuda_problems(releases: Iterable[CudaRelease], known: set[ComputeCapability]) -> Iterator[tuple[str, str]]:
    for release in releases:
        yield from ((str(release.version), problem) for problem in _code_problems(release.architectures, None, known))


def _code_problems(
    code: Iterable[Architecture], toolkit: CudaRelease | None, known: set[ComputeCapability]
) -> Iterator[str]:
    """Complain about code for unknown capabilities, and code that the build's own toolkit cannot make."""
    code = sorted(code)
    if any(architecture.capability not in known for architecture in code):
        yield "unknown-capability"
    if toolkit is not None:
        compiled = {architecture.capability for architecture in toolkit.architectures}
        if any(architecture.capability not in compiled for architecture in code):
            yield "code-not-of-its-toolkit"
