"""Makes docs/evidence.md: how the rows of the matrix are known, what was measured, and where sources disagree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gpuenv.models.matrix import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gpuenv.models.cuda import Architecture
    from gpuenv.models.matrix import CompatibilityMatrix, OnnxRuntimeBuild, Provenance, TorchBuild

MEASURED = frozenset({Evidence.BINARY, Evidence.BINARY_PARTIAL})


def evidence_document(matrix: CompatibilityMatrix) -> str:
    """Make the whole document."""
    return "\n".join([*_head(matrix), *_counts(matrix), *_measured(matrix), *_disputed(matrix)]).rstrip() + "\n"


def _head(matrix: CompatibilityMatrix) -> Iterator[str]:
    yield "# How the matrix is known"
    yield ""
    yield f"Written by `scripts/write_docs.py` from matrix {matrix.version}; do not edit."
    yield ""
    yield "| evidence | means |"
    yield "|---|---|"
    yield "| binary | read from the whole library of the released wheel |"
    yield "| binary-partial | read from its first part, until nothing new came: proves presence, not absence |"
    yield "| build-script | the build scripts of the release |"
    yield "| release-notes | release notes, support matrices, package metadata |"
    yield "| report | printed by a user's machine, or inferred from neighbouring rows |"
    yield ""
    yield "`scripts/measure_wheels.py` reads wheels through range requests, `scripts/merge_measured.py` makes the rows."
    yield ""


def _counts(matrix: CompatibilityMatrix) -> Iterator[str]:
    """Count the rows of each table; CPU builds hold no GPU code, so there is nothing to read."""
    tables: tuple[tuple[str, Sequence[Provenance]], ...] = (
        ("torch.toml: builds with CUDA", _provenances(build for build in matrix.torch if build.cuda is not None)),
        ("torch.toml: builds for the CPU", _provenances(build for build in matrix.torch if build.cuda is None)),
        ("torch.toml: companions", [row.provenance for row in matrix.companions]),
        ("torch.toml: Triton", [row.provenance for row in matrix.triton]),
        ("torch.toml: nightly channels", [row.provenance for row in matrix.nightly]),
        ("onnxruntime.toml", _provenances(matrix.onnxruntime)),
        ("extensions.toml", [row.provenance for row in matrix.extensions]),
        ("cuda.toml", [row.provenance for row in matrix.cuda]),
        ("cudnn.toml", [row.provenance for row in matrix.cudnn]),
        ("architectures.toml", [row.provenance for row in matrix.architectures]),
        ("gpus.toml", [row.provenance for row in matrix.gpus]),
    )
    yield "## Rows by evidence"
    yield ""
    yield f"| rows | {' | '.join(evidence.value for evidence in Evidence)} | all |"
    yield f"|---|{'---|' * (len(Evidence) + 1)}"
    for name, provenances in tables:
        counts = Counter(provenance.evidence for provenance in provenances)
        cells = " | ".join(str(counts[evidence] or "") for evidence in Evidence)
        yield f"| {name} | {cells} | {len(provenances)} |"
    yield ""


def _measured(matrix: CompatibilityMatrix) -> Iterator[str]:
    """List every measured build with its code."""
    for title, builds in (("torch", [*matrix.torch]), ("onnxruntime-gpu", [*matrix.onnxruntime])):
        rows = [build for build in builds if build.sass | build.ptx and build.provenance.evidence in MEASURED]
        yield f"## Measured builds of {title}"
        yield ""
        yield "| build | platform | SASS | PTX | evidence | read from |"
        yield "|---|---|---|---|---|---|"
        for build in sorted(rows, key=lambda row: (row.version, row.platform), reverse=True):
            source = build.provenance.source.partition(" sha256 ")[0].partition(";")[0]
            cells = (_label(build), build.platform, _codes(build.sass), _codes(build.ptx) or "none")
            yield f"| {' | '.join(cells)} | {build.provenance.evidence.value} | {source} |"
        yield ""


def _disputed(matrix: CompatibilityMatrix) -> Iterator[str]:
    yield "## Where sources disagree"
    yield ""
    yield "The binary wins."
    yield ""
    rows = [build for build in (*matrix.torch, *matrix.onnxruntime) if build.disputed]
    if not rows:
        yield "Nowhere: every measured build holds the code that the other sources told."
        yield ""
        return
    yield "| build | platform | the wheel holds | others say |"
    yield "|---|---|---|---|"
    for build in rows:
        held = f"sass {_codes(build.sass)}, ptx {_codes(build.ptx) or 'none'}"
        yield f"| {_label(build)} | {build.platform} | {held} | {build.disputed} |"
    yield ""


def _label(build: TorchBuild | OnnxRuntimeBuild) -> str:
    return str(getattr(build, "label", build.version))


def _provenances(builds: Iterable[TorchBuild | OnnxRuntimeBuild]) -> Sequence[Provenance]:
    return [build.provenance for build in builds]


def _codes(codes: Iterable[Architecture]) -> str:
    return " ".join(str(code) for code in sorted(codes))
