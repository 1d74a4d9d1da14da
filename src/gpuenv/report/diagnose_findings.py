"""What a diagnosis found, gathered for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.binaries import Inspection
    from gpuenv.models.diagnosis import DiagnosisReport, Repair
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.verification import VerificationReport

Mode = Literal["check-up", "log", "command"]

_RUNTIMES: Final = ("torch", "onnxruntime-gpu", "onnxruntime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that is shown of one diagnosis."""

    report: DiagnosisReport
    mode: Mode
    machine: HostFacts | None
    environment: Environment | None
    repair: Repair | None = None
    inspection: Inspection | None = None
    verification: VerificationReport | None = None
    not_read: Notice | None = None
    """Why the libraries of the environment were not read."""
    not_run: Notice | None = None
    """Why no kernels were run."""
    command: tuple[str, ...] = ()
    command_exit_code: int | None = None
    is_drifted: bool = False
    place: tuple[str, ...] = ()
    """The options that name the environment, as they were given: a hint has to mean the same one."""
    machine_options: tuple[str, ...] = ()
    """The options that describe the machine and the sources, as they were given."""

    @property
    def library_faults(self) -> tuple[Notice, ...]:
        """What the GPU does not get of the libraries, or cannot load."""
        return () if self.inspection is None else (*self.inspection.uncovered, *self.inspection.unloadable)

    @property
    def verdict(self) -> Notice | None:
        """What is said where no cause was found; None where one was."""
        if self.report.primary is not None:
            return None
        if self.mode != "check-up":
            return Notice.of("no-known-cause")
        if self.environment is None:
            return Notice.of("checkup-no-environment")
        return self._verdict_of(self.environment)

    def _verdict_of(self, environment: Environment) -> Notice:
        if self.is_drifted:
            return Notice.of("checkup-drifted")
        if not any(environment.installed(name) for name in _RUNTIMES):
            return Notice.of("checkup-no-torch")
        if self.verification is not None and self.verification.failed:
            return Notice.of("checkup-kernels-failed")
        if self.has_gpu and self.library_faults:
            return self.library_faults[0]
        is_proven = self.verification is not None and self.verification.ran
        return Notice.of("checkup-proven" if is_proven else "checkup-fine")

    @property
    def has_gpu(self) -> bool:
        """Whether there is a GPU that the environment has to serve."""
        return self.machine is not None and bool(self.machine.gpus)

    @property
    def is_faulty(self) -> bool:
        """Whether anything is wrong: a cause, kernels that fail, libraries that lack what the GPU needs."""
        if self.report.primary is not None:
            return True
        is_failing = self.verification is not None and bool(self.verification.failed)
        return is_failing or (self.mode == "check-up" and self.has_gpu and bool(self.library_faults))
