"""Makes the JSON of single matrix rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuenv.matrix.derived import ArchitectureSummary
    from gpuenv.models.matrix import TorchBuild


def summary_as_json(row: ArchitectureSummary) -> dict[str, Any]:
    """Make the JSON of one compute capability."""
    return {
        "capability": str(row.capability),
        "generation": row.generation,
        "minimum_cuda": str(row.minimum_cuda),
        "maximum_cuda": text_or_none(row.maximum_cuda),
        "first_torch": text_or_none(row.first_torch),
        "last_torch": text_or_none(row.last_torch),
        "tags": [
            {
                "tag": found.tag,
                "first_torch": str(found.first_torch),
                "last_torch": str(found.last_torch),
                "index_url": found.index_url,
            }
            for found in row.tags
        ],
        "nightly": list(row.nightly),
        "minimum_driver_branch": row.minimum_driver_branch,
        "maximum_driver_branch": row.maximum_driver_branch,
        "minimum_onnxruntime": text_or_none(row.minimum_onnxruntime),
        "maximum_onnxruntime": text_or_none(row.maximum_onnxruntime),
        "minimum_cudnn": text_or_none(row.minimum_cudnn),
        "maximum_cudnn": text_or_none(row.maximum_cudnn),
    }


def build_as_json(build: TorchBuild) -> dict[str, Any]:
    """Make the JSON of one build of torch."""
    return {
        "version": str(build.version),
        "tag": build.tag,
        "platform": build.platform,
        "local": f"{build.version}+{build.local}" if build.local else str(build.version),
        "sass": [code.sm for code in sorted(build.sass)],
        "ptx": [code.compute for code in sorted(build.ptx)] if build.ptx_is_known else None,
        "python": {
            "minimum": str(build.python_min),
            "maximum": str(build.python_max),
            "free_threaded": [str(python) for python in build.free_threaded],
        },
        "cudnn": text_or_none(build.cudnn),
        "nccl": text_or_none(build.nccl),
        "triton": text_or_none(build.triton),
        "cxx_standard": build.cxx_standard,
        "on_pytorch_index": build.on_pytorch_index,
        "on_pypi": build.on_pypi,
        "official": build.is_official,
        "evidence": build.provenance.evidence.value,
        "source": build.provenance.source,
        "verified": build.provenance.verified,
        "disputed": build.disputed,
    }


def text_or_none(value: object) -> str | None:
    """Write a value as text; None stays None."""
    return None if value is None else str(value)
