"""Hands what checks printed to the diagnosis: the causes of failures, and faults in the output of commands."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from gpuenv.detect.host import detect_host
from gpuenv.diagnose.diagnosis import diagnose
from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.diagnoses import load_signatures
from gpuenv.project.folders import matrix_cache
from gpuenv.verify.profile import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpuenv.models.diagnosis import CauseClass, Diagnosis
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.verification import Check, VerificationReport
    from gpuenv.workflow.options import Options

_TELLING: Final[frozenset[CauseClass]] = frozenset(
    {
        "arch-too-new-for-build",
        "arch-dropped-by-build",
        "extension-arch-missing",
        "driver-too-old",
        "no-driver",
        "cpu-only-build",
        "nvrtc-too-old",
        "ort-cpu-shadowing",
        "ort-cuda-major-mismatch",
        "ort-cudnn-mismatch",
        "ort-missing-cuda-libs",
    }
)
"""Classes of causes that count although the program went on and ended with 0: what it did then is not what was asked.
What a program caught and mended, memory that ran out among it, does not."""

_HARMLESS: Final = frozenset({"attention-needs-newer-gpu", "extension-built-without-cuda"})
"""Causes of these classes that programs name when they take another way, as they should."""

_SEEN_IN_VERSIONS: Final = frozenset({"cpu-build-on-gpu-target", "no-code-in-build", "onnxruntime-is-cpu-package"})
"""Codes of checks in whose words no library speaks: what is installed tells the cause."""

_NO_KERNEL: Final = "no-kernel-image"
_UNTOLD: Final = frozenset({"check-timed-out", "wrong-numbers"})
"""Codes of checks whose cause no text and no version tells."""


def judge_output(options: Options, surroundings: Surroundings) -> Callable[[str], str | None]:
    """Make the judge of what a command printed: the code of a cause that counts, by the text alone."""
    book = load_signatures(options.matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings))

    def judge(printed: str) -> str | None:
        primary = diagnose(printed, signatures=book, machine=None, environment=None, matrix=None).primary
        if primary is None or primary.cause_class not in _TELLING or primary.cause.code in _HARMLESS:
            return None
        return primary.cause.code

    return judge


def with_causes(
    report: VerificationReport, environment: Environment, options: Options, surroundings: Surroundings
) -> VerificationReport:
    """Diagnose each failed check: it gets the code of its cause, and the report lists each cause once."""
    if not report.failed:
        return report
    cache = matrix_cache(surroundings)
    matrix = load_matrix(options.matrix, cwd=surroundings.cwd, cache=cache)
    find = partial(
        diagnose,
        signatures=load_signatures(options.matrix, cwd=surroundings.cwd, cache=cache),
        environment=environment,
        matrix=matrix,
    )
    machine = None
    if report.device == "cuda":
        machine = detect_host(surroundings, gpu_models=lambda: matrix.gpus, architectures=lambda: matrix.architectures)
    known: dict[tuple[str, str | None], Diagnosis | None] = {}
    checks = []
    for check in report.checks:
        text = _text_of(check, report.failed)
        if text is None:
            checks.append(check)
            continue
        fault = (text, check.gpu)
        if fault not in known:
            cause = find(text, machine=_seen_by(check, machine)).primary
            is_chosen = report.device == "cpu" and cause is not None and cause.cause_class == "cpu-only-build"
            known[fault] = None if is_chosen else cause
        cause = known[fault]
        checks.append(check if cause is None else replace(check, cause=cause.cause.code))
    causes = {cause.cause.code: cause for cause in reversed(known.values()) if cause is not None}
    return replace(report, checks=tuple(checks), causes=tuple(reversed(causes.values())))


def _seen_by(check: Check, machine: HostFacts | None) -> HostFacts | None:
    """Leave only the GPUs that a check ran on: the cause of its failure is one of theirs."""
    if machine is None or check.gpu is None:
        return machine
    places = check.gpu.split(",")
    return replace(machine, gpus=tuple(gpu for gpu in machine.gpus if gpu.visible_name in places))


def _text_of(check: Check, failed: Sequence[Check]) -> str | None:
    """What is diagnosed of a check; an empty text asks what the versions alone tell; None: nothing is to be told.

    Whether torch lacks code or an extension does, only the check's name tells: where torch's own kernels lack it, what
    else does is no sign of another cause.
    """
    if check.status != "failed" or check.code in _UNTOLD:
        return None
    if check.code in _SEEN_IN_VERSIONS:
        return ""
    if check.code == _NO_KERNEL:
        alike = (other for other in failed if (other.code, other.gpu) == (check.code, check.gpu))
        own = next((other.name for other in alike if other.name in CAPABILITIES["kernels"]), None)
        return check.detail if own is None else f"{own}: {check.detail}"
    return check.detail
