"""The GPU against the code of a build: too new, dropped, served after all, or an extension's fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from gpuenv.diagnose.facts import parse_architectures
from gpuenv.diagnose.normalise import fold
from gpuenv.diagnose.verdict import Verdict
from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion
from gpuenv.models.matrix import Evidence
from gpuenv.rules.coverage import best_ptx, sass_runs_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.version import Version

    from gpuenv.diagnose.known import Known
    from gpuenv.diagnose.matching import Hit
    from gpuenv.models.diagnosis import Confidence
    from gpuenv.models.matrix import OnnxRuntimeBuild, TorchBuild

Place = Literal["newer", "older", "covered"]

BLACKWELL: Final = ComputeCapability(major=10, minor=0)
TURING: Final = ComputeCapability(major=7, minor=5)
VOLTA: Final = ComputeCapability(major=7, minor=0)
MAXWELL: Final = ComputeCapability(major=5, minor=0)
AMPERE: Final = ComputeCapability(major=8, minor=0)
_LAST_KEPLER: Final = ComputeCapability(major=3, minor=7)

_FIRST_TOOLKIT: Final = (
    ((3, 0), (4, 2)), ((3, 2), (6, 0)), ((3, 5), (5, 0)), ((3, 7), (6, 5)), ((5, 0), (6, 5)), ((5, 2), (6, 5)),
    ((5, 3), (6, 5)), ((6, 0), (8, 0)), ((6, 1), (8, 0)), ((6, 2), (8, 0)), ((7, 0), (9, 0)), ((7, 2), (9, 2)),
    ((7, 5), (10, 0)), ((8, 0), (11, 0)), ((8, 6), (11, 1)), ((8, 7), (11, 4)), ((8, 9), (11, 8)), ((9, 0), (11, 8)),
    ((10, 0), (12, 8)), ((10, 1), (12, 8)), ((12, 0), (12, 8)), ((10, 3), (12, 9)), ((12, 1), (12, 9)),
    ((11, 0), (13, 0)),
)  # fmt: skip
"""First CUDA toolkit per capability (CMake, Modules/CUDA/architectures.cmake, 2026-11-21): physical limits, which hold
for builds and toolkits that are older than the matrix too."""
_LAST_TOOLKIT: Final = (((3, 0), (8, 0)), ((3, 5), (10, 2)), ((5, 0), (11, 8)), ((7, 5), (12, 9)))
"""Capabilities below the first number end with the toolkit of the second (as above)."""


def capability_of(hit: Hit) -> ComputeCapability | None:
    """The capability that the message itself names."""
    if "capability" in hit.found:
        return ComputeCapability.parse(hit.found["capability"])
    if "major" in hit.found and "minor" in hit.found:
        return ComputeCapability(major=int(hit.found["major"]), minor=int(hit.found["minor"]))
    return None


def place_in(
    architectures: Iterable[Architecture], capability: ComputeCapability, *, cuda: CudaVersion | None
) -> Place:
    """Tell where a GPU stands towards a set of machine code."""
    codes = tuple(architectures)
    if any(sass_runs_on(code, capability, build_cuda=cuda) for code in codes):
        return "covered"
    if all(code.capability < capability for code in codes):
        return "newer"
    if all(capability < code.capability for code in codes):
        return "older"
    return "older" if capability < AMPERE else "newer"


def place_by_toolkit(capability: ComputeCapability, cuda: CudaVersion) -> Place:
    """Tell whether a CUDA version can compile for a GPU at all."""
    first = dict(_FIRST_TOOLKIT).get((capability.major, capability.minor))
    if first is not None and (cuda.major, cuda.minor) < first:
        return "newer"
    for below, last in _LAST_TOOLKIT:
        if (capability.major, capability.minor) < below:
            return "older" if (cuda.major, cuda.minor) > last else "covered"
    return "newer" if first is None else "covered"


def place_in_torch(
    known: Known, capability: ComputeCapability, *, torch: Version | None, tag: str | None
) -> Place | None:
    """Tell where a GPU stands towards a torch build by the matrix; None where that is not established."""
    builds = (
        [] if known.matrix is None else [build for build in known.matrix.torch if _is_build(build, torch, tag, known)]
    )
    sure = [build for build in builds if build.provenance.evidence is not Evidence.REPORT]
    places = {_place_in_row(build, capability) for build in sure}
    if len(places) == 1 and len(sure) == len(builds):
        (place,) = places
        return "newer" if place == "newer" else "older" if place == "older" else "covered"
    cuda = CudaVersion.from_tag(tag) if tag else None
    if cuda is None:
        return None
    physical = place_by_toolkit(capability, cuda)
    if physical == "covered" and capability < VOLTA and cuda >= CudaVersion(major=12, minor=8):
        return "older"
    if capability >= VOLTA and builds and {_place_in_row(build, capability) for build in builds} == {physical}:
        return physical  # a row that was only reported says what its toolkit can do
    return physical if physical != "covered" or not builds else None


def _place_in_row(build: TorchBuild, capability: ComputeCapability) -> Place:
    if best_ptx(build.sass, build.ptx, capability):
        return "covered"
    return place_in(build.sass, capability, cuda=build.cuda)


def _is_build(build: TorchBuild, torch: Version | None, tag: str | None, known: Known) -> bool:
    """Whether a build can be the one in use; without a version it can be any of the tag."""
    if (torch is None and tag is None) or build.cuda is None or build.is_nightly:
        return False
    if torch is not None and build.version.release != torch.release:
        return False
    if build.platform not in known.platforms:
        return False
    return build.tag == tag if tag is not None else build.on_pypi


def judge_architecture(hit: Hit, known: Known) -> Verdict:
    """Judge a message that says of torch, or of ONNX Runtime, that it has no code for the GPU."""
    if "onnxruntime-too-old-for-gpu" in hit.signature.causes:
        return _judge_onnxruntime(known)
    is_warning = hit.signature.id != "no-kernel-image"
    capability = capability_of(hit) or next((found for _, found in known.gpus), None)
    if capability is None and "bare" not in hit.found:
        return Verdict(
            code="architecture-too-new-for-build",
            confidence="low",
            context=_context(known, None),
            remaining=("architecture-dropped-by-build", "extension-lacks-code-for-gpu"),
        )
    place, reasons = (None, ()) if capability is None else _place(hit, known, capability)
    if capability is None or place is None:
        return _without_build(hit, known, capability, is_warning=is_warning)
    confidence: Confidence = "high" if is_warning or _is_printed(hit, known) else "medium"
    if place == "covered":
        code = "capability-warning-cosmetic" if is_warning else "extension-lacks-code-for-gpu"
        confidence = confidence if is_warning else "medium"
        if any(check in hit.around for check in _OWN_KERNELS):
            code = dropped_code(capability) if capability < TURING else "architecture-too-new-for-build"
    else:
        code = "architecture-too-new-for-build" if place == "newer" else dropped_code(capability)
    return Verdict(code=code, confidence=confidence, context=_context(known, capability), reasons=reasons)


_OWN_KERNELS: Final = tuple(
    fold(f"torch-{check}:")
    for check in ("elementwise", "reduction", "sort", "cumsum", "index", "softmax", "random", "autograd")
)
"""A check of torch's own kernels has failed: whatever is written of the build, it has no code for the GPU."""


def dropped_code(capability: ComputeCapability) -> str:
    """Tell a GPU that older builds still serve from one that no build of today's Python versions serves."""
    return "gpu-too-old-for-any-build" if capability < _LAST_KEPLER else "architecture-dropped-by-build"


def _is_printed(hit: Hit, known: Known) -> bool:
    return "architectures" in hit.found or bool(known.architectures) or known.environment is not None


def _place(hit: Hit, known: Known, capability: ComputeCapability) -> tuple[Place | None, tuple[str, ...]]:
    """Place the GPU by what the message prints, else by the build's row in the matrix."""
    if hit.signature.id == "torch-gpu-too-old":
        return "older", (str(capability),)
    if "minimum" in hit.found and "maximum" in hit.found:
        lowest, highest = ComputeCapability.parse(hit.found["minimum"]), ComputeCapability.parse(hit.found["maximum"])
        codes: Sequence[Architecture] = (Architecture(capability=lowest), Architecture(capability=highest))
        return place_in(codes, capability, cuda=None), (f"{lowest} - {highest}",)
    printed = parse_architectures(hit.found.get("architectures", ""))
    if "capabilities" in hit.found:
        names = [name for name in hit.found["capabilities"].split(",") if name]
        printed = tuple(Architecture(capability=ComputeCapability.parse(name)) for name in names)
    printed = printed or known.architectures
    if printed:
        return place_in(printed, capability, cuda=known.torch_cuda), (" ".join(code.sm for code in printed),)
    tag = hit.found.get("tag") or known.torch_tag
    torch = known.torch
    place = place_in_torch(known, capability, torch=torch, tag=tag)
    if place is None and (capability.major, capability.minor) == (12, 1) and tag is not None:
        place = place_in_torch(known, ComputeCapability(major=12, minor=0), torch=torch, tag=tag)
    label = known.torch_label
    return place, (label,) if label and place else ()


def _without_build(hit: Hit, known: Known, capability: ComputeCapability | None, *, is_warning: bool) -> Verdict:
    """Judge by the GPU alone: builds in use today lack the newest GPUs and the oldest."""
    context = _context(known, capability)
    remaining: tuple[str, ...] = ("extension-lacks-code-for-gpu",)
    is_mixed = len({_side(found) for _, found in known.gpus}) > 1
    if capability is None or "bare" in hit.found:
        return Verdict(
            code="extension-lacks-code-for-gpu",
            confidence="low",
            context=context,
            remaining=("architecture-too-new-for-build",),
        )
    if is_warning:
        code = dropped_code(capability) if capability < TURING else "architecture-too-new-for-build"
        return Verdict(code=code, confidence="high" if capability >= BLACKWELL else "medium", context=context)
    confidence: Confidence = "low" if is_mixed else "medium"
    if capability >= BLACKWELL:
        return Verdict(
            code="architecture-too-new-for-build", confidence=confidence, context=context, remaining=remaining
        )
    if capability < TURING:
        return Verdict(code=dropped_code(capability), confidence=confidence, context=context, remaining=remaining)
    return Verdict(
        code="extension-lacks-code-for-gpu",
        confidence="low",
        context=context,
        remaining=("architecture-too-new-for-build",),
    )


def _side(capability: ComputeCapability) -> str:
    return "new" if capability >= BLACKWELL else "old" if capability < TURING else "between"


def _judge_onnxruntime(known: Known) -> Verdict:
    version = known.packages.get("onnxruntime-gpu")
    builds: list[OnnxRuntimeBuild] = []
    if known.matrix is not None and version is not None:
        builds = [build for build in known.matrix.onnxruntime if build.version.release == version.release]
    context = {"version": str(version) if version else None}
    for name, capability in known.gpus:
        places = {
            "covered"
            if best_ptx(build.sass, build.ptx, capability)
            else place_in(build.sass, capability, cuda=build.cuda)
            for build in builds
        }
        side = "older" if places == {"older"} else "newer" if places == {"newer"} else None
        side = side or {"new": "newer", "old": "older", "between": None}[_side(capability)]
        if side is not None:
            is_sure = len({_side(found) for _, found in known.gpus}) == 1
            code = "onnxruntime-dropped-gpu" if side == "older" else "onnxruntime-too-old-for-gpu"
            return Verdict(
                code=code,
                confidence="medium" if is_sure else "low",
                context={**context, "gpu": f"{name} ({capability})"},
                reasons=(f"{name} ({capability})",),
                remaining=() if is_sure else ("onnxruntime-too-old-for-gpu",),
            )
    return Verdict(
        code="onnxruntime-too-old-for-gpu", confidence="low", context=context, remaining=("onnxruntime-dropped-gpu",)
    )


def judge_extension(hit: Hit, known: Known) -> Verdict:
    """Judge a message that an extension prints of its own code."""
    capability = capability_of(hit) or next((found for _, found in known.gpus), None)
    code, confidence = hit.signature.causes[0], hit.signature.confidence
    if code == "attention-needs-newer-gpu" and capability is not None:
        confidence = "high"
        code = code if capability < AMPERE else "extension-lacks-code-for-gpu"
    return Verdict(code=code, confidence=confidence, context=_context(known, capability))


def judge_ptx_origin(hit: Hit, known: Known) -> Verdict:
    """Judge `this function is for sm80, but was built for sm370`: 370 is the PTX of torch's own cu118 builds."""
    context = _context(known, next((found for _, found in known.gpus), None))
    built = hit.found.get("built")
    if built in {"370", "37"}:
        return Verdict(code="old-ptx-on-new-gpu", confidence="high", context=context, reasons=("compute_37",))
    return Verdict(
        code="extension-lacks-code-for-gpu",
        confidence="medium",
        context=context,
        reasons=(f"sm_{built.removesuffix('0')}",) if built else (),
        remaining=("old-ptx-on-new-gpu",),
    )


def _context(known: Known, capability: ComputeCapability | None) -> dict[str, str | None]:
    name = next((name for name, found in known.gpus if found == capability), None)
    label = f"{name} ({capability})" if name and capability else str(capability) if capability else None
    return {
        "gpu": label,
        "torch": known.torch_label or "torch",
        "target": capability.sm if capability else None,
        "capability": str(capability) if capability else None,
    }
