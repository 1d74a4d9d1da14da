"""Causes that the facts alone show, without any error text: builds, packages, driver and GPU against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.diagnose.architecture import dropped_code, place_in_torch
from gpuenv.diagnose.driver_faults import WSL_BUILD, driver_context
from gpuenv.diagnose.onnxruntime_faults import collides, package_cuda_major
from gpuenv.diagnose.verdict import Verdict
from gpuenv.models.hardware import Presence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpuenv.diagnose.known import Known
    from gpuenv.models.diagnosis import Confidence

_DRIVER_FAULTS: Final = frozenset({"driver-library-mismatch", "forward-compat-refused", "driver-does-not-serve-gpu"})
"""Problems of detection where a driver is there and cannot serve; in the others there is none that answers."""


def check_facts(known: Known) -> tuple[Verdict, ...]:
    """List what is wrong by the facts alone, the cause nearest to the root first."""
    checks: tuple[Callable[[Known], Iterator[Verdict]], ...] = (
        _hardware,
        _driver,
        _cpu_build,
        _onnxruntime_packages,
        _torch_architecture,
        _unpublished_build,
        _companions,
        _extension_architecture,
        _onnxruntime_cuda,
    )
    return tuple(verdict for check in checks for verdict in check(known))


def _sure(known: Known) -> Confidence:
    return "high" if known.environment is not None else "medium"


def _hardware(known: Known) -> Iterator[Verdict]:
    build = known.text.windows_build
    if known.text.is_wsl and build is not None and build < WSL_BUILD:
        yield Verdict(
            code="wsl-windows-too-old",
            confidence="medium",
            weight=95,
            context={"build": str(build)},
            reasons=(str(build),),
        )
    if known.machine is not None and known.machine.presence is Presence.UNUSABLE:
        for problem in known.machine.problems:
            yield Verdict(
                code=problem.code,
                confidence="high",
                weight=95,
                context=problem.context,
                cause_class="driver-too-old" if problem.code in _DRIVER_FAULTS else "no-driver",
                reasons=tuple(gpu.label for gpu in known.machine.gpus),
            )


def _driver(known: Known) -> Iterator[Verdict]:
    build, spoken = known.torch_cuda, known.driver_cuda
    if build is not None and spoken is not None and spoken.major < build.major:
        reasons = (known.torch_label or "torch", f"CUDA {spoken}")
        yield Verdict(
            code="driver-too-old-for-build",
            confidence=_sure(known),
            weight=90,
            context=driver_context(known),
            reasons=reasons,
        )


def _cpu_build(known: Known) -> Iterator[Verdict]:
    is_for_gpu = known.machine is None or bool(known.machine.gpus)
    if known.torch_tag == "cpu" and is_for_gpu and not known.has_no_nvidia:
        label = known.torch_label
        yield Verdict(
            code="cpu-build-installed",
            confidence=_sure(known),
            weight=85,
            context={"torch": label},
            reasons=(label,) if label else (),
        )


def _onnxruntime_packages(known: Known) -> Iterator[Verdict]:
    owners = collides(known)
    if owners:
        yield Verdict(
            code="onnxruntime-packages-collide",
            confidence="high",
            weight=80,
            context={"packages": owners},
            reasons=owners,
        )


def _torch_architecture(known: Known) -> Iterator[Verdict]:
    if known.torch is None and known.torch_tag is None:
        return
    for name, capability in known.gpus:
        place = place_in_torch(known, capability, torch=known.torch, tag=known.torch_tag)
        if place in {"newer", "older"}:
            gpu, label = f"{name} ({capability})", known.torch_label
            yield Verdict(
                code="architecture-too-new-for-build" if place == "newer" else dropped_code(capability),
                confidence=_sure(known),
                weight=84,
                context={"gpu": gpu, "torch": label, "target": capability.sm, "capability": str(capability)},
                reasons=(gpu, *([label] if label else [])),
            )


def _unpublished_build(known: Known) -> Iterator[Verdict]:
    if known.matrix is None or known.torch is None or known.torch_tag is None or known.environment is not None:
        return
    tags = {build.tag for build in known.matrix.torch if build.version.release == known.torch.release}
    if tags and known.torch_tag not in tags and known.torch_cuda is not None:
        yield Verdict(
            code="build-never-published",
            confidence="medium",
            weight=70,
            context={"torch": known.torch_label, "version": str(known.torch), "tags": tuple(sorted(tags))},
            reasons=(known.torch_label or "",),
        )


def _companions(known: Known) -> Iterator[Verdict]:
    if known.matrix is None or known.torch is None:
        return
    for row in known.matrix.companions:
        version = known.packages.get(row.project)
        if version is None or version.release != row.version.release or version.is_devrelease:
            continue
        if not row.torch.contains(known.torch.public, prereleases=True):
            yield Verdict(
                code=f"{row.project}-for-another-torch",
                confidence=_sure(known),
                weight=65,
                context={"torch": known.torch_label, "file": row.project, "version": str(version)},
                reasons=(known.torch_label or "torch", f"{row.project} {version}"),
            )


def _extension_architecture(known: Known) -> Iterator[Verdict]:
    for fact in known.book.packages:
        version = known.packages.get(fact.package)
        if version is None or fact.capability_min is None or version not in fact.versions:
            continue
        for name, capability in known.gpus:
            if capability < fact.capability_min:
                gpu = f"{name} ({capability})"
                yield Verdict(
                    code="extension-lacks-code-for-gpu",
                    confidence="medium",
                    weight=60,
                    context={"gpu": gpu, "file": f"{fact.package} {version}", "target": capability.sm},
                    reasons=(gpu, f"{fact.package} {version}"),
                )


def _onnxruntime_cuda(known: Known) -> Iterator[Verdict]:
    wanted, there = package_cuda_major(known, "onnxruntime-gpu"), known.library_cuda_major
    if wanted is None or there is None or wanted == there:
        return
    version = known.packages["onnxruntime-gpu"]
    yield Verdict(
        code="onnxruntime-other-cuda-major",
        confidence="medium",
        weight=55,
        context={"version": str(version), "wanted": str(wanted), "cuda": str(there)},
        reasons=(f"onnxruntime-gpu {version}", f"CUDA {there}"),
    )
