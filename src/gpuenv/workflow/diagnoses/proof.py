"""Looks at what the facts cannot show: the environment's native libraries, and its kernels on the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.models.hardware import Presence, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.binaries import Inspection
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.verification import VerificationReport
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was read and run of an environment; where it was not, why."""

    inspection: Inspection | None = None
    verification: VerificationReport | None = None
    not_read: Notice | None = None
    not_run: Notice | None = None


def prove(
    environment: Environment,
    machine: HostFacts,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    options: Options,
    is_settled: bool,
) -> Proof:
    """Read the libraries, and run the default kernel checks where there is a GPU that can be used.

    `is_settled`: the facts show a cause already, which the kernels would only suffer from.
    """
    from gpuenv.verify.runner import verify  # noqa: PLC0415 - only for a check-up
    from gpuenv.workflow.inspect import inspect_environment  # noqa: PLC0415 - as above

    inspection, not_read = None, None
    try:
        inspection = inspect_environment(
            environment,
            machine.gpus,
            surroundings,
            reporter,
            driver=machine.driver,
            platform=machine.platform,
            matrix=options.matrix,
        )
    except GpuenvError as error:
        not_read = Notice.of(error.code, **error.context)
    not_run = _why_not_run(machine, is_settled=is_settled)
    if not_run is not None:
        return Proof(inspection=inspection, not_read=not_read, not_run=not_run)
    report = verify(
        environment.python,
        device="cuda",
        gpus=machine.gpus,
        environ=surroundings.environ,
        installed=frozenset(str(distribution.name) for distribution in environment.distributions),
        reporter=reporter,
    )
    if not report.ran:
        not_run = Notice.of("nothing-to-check", venv=str(environment.root))
    return Proof(inspection=inspection, verification=report, not_read=not_read, not_run=not_run)


def _why_not_run(machine: HostFacts, *, is_settled: bool) -> Notice | None:
    if machine.presence is Presence.ABSENT:
        return Notice.of("kernels-without-gpu")
    if machine.presence is Presence.UNUSABLE:
        return Notice.of("kernels-gpu-unusable")
    if any(gpu.probe is Probe.DESCRIBED for gpu in machine.gpus):
        return Notice.of("kernels-gpu-described")
    return Notice.of("kernels-cause-known") if is_settled else None
