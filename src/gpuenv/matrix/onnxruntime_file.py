"""Reads `onnxruntime.toml`: builds of onnxruntime-gpu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.matrix.sources import Sources
from gpuenv.matrix.values import parse_code_set, parse_glibc, parse_platform, parse_python_range, parse_version
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.matrix import OnnxRuntimeBuild
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.version import Version

    from gpuenv.matrix.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxRuntimeFile:
    """What `onnxruntime.toml` holds."""

    builds: tuple[OnnxRuntimeBuild, ...]
    unused_sources: tuple[str, ...]


def parse_onnxruntime(root: Table) -> OnnxRuntimeFile:
    """Give `onnxruntime.toml` its meaning; `matrix-invalid` for anything that has none.

    build = [
      { version = "1.26.0", platform = "linux-x86_64", cuda = "12.8", cudnn = 9, python = "3.11..3.14",
        sass = "60 70 90a", ptx = "90", extras = "cuda cudnn", source = "1.26.0-linux" },
    ]
    """
    sources = Sources(root)
    builds: dict[tuple[Version, str], OnnxRuntimeBuild] = {}
    for row in root.tables("build"):
        python_min, python_max = row.read("python", parse_python_range)
        build = OnnxRuntimeBuild(
            version=row.read("version", parse_version),
            platform=row.read("platform", parse_platform),
            cuda=row.read("cuda", CudaVersion.parse),
            cudnn_major=row.number("cudnn"),
            python_min=python_min,
            python_max=python_max,
            glibc=row.optional("glibc", parse_glibc),
            sass=row.read("sass", parse_code_set),
            ptx=row.optional("ptx", parse_code_set) or frozenset(),
            extras=tuple((row.optional_text("extras") or "").split()),
            provenance=sources.of(row),
            disputed=row.optional_text("disputed"),
        )
        if (build.version, build.platform) in builds:
            raise row.error("", "duplicate", f"{build.version} {build.platform}")
        row.finish()
        builds[build.version, build.platform] = build
    root.finish()
    return OnnxRuntimeFile(builds=tuple(builds.values()), unused_sources=sources.unused)
