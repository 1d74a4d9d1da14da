"""What one source of GPU facts answered, in a form in which all sources can be compared."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from gpuenv.models.hardware import ProbeAnswer
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.cuda import CudaVersion, DriverVersion
    from gpuenv.models.hardware import Gpu, Probe

ABSENT: Final = "absent"
"""The source does not exist on this machine: it says nothing about the hardware."""

NVML_FAULTS: Final = {
    4: "driver-no-permission",
    9: "driver-not-loaded",
    12: "driver-library-missing",
    18: "driver-library-mismatch",
    999: "driver-access-lost",
}
"""NVML return codes that name a cause (nvml.h, `nvmlReturn_t`); nvidia-smi ends with the same numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenDevice:
    """A device that the driver lists and cannot describe: fallen off the bus, locked away, hanging."""

    place: str
    """Index or PCI bus id."""
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one source told. Empty fields mean that it did not tell, never that there is nothing."""

    probe: Probe
    outcome: str = "ok"
    """`ok`, `absent`, or the code of the fault that kept it from telling."""
    detail: str = ""
    gpus: tuple[Gpu, ...] = ()
    driver_version: DriverVersion | None = None
    cuda_version: CudaVersion | None = None
    broken: tuple[BrokenDevice, ...] = field(default=())

    @property
    def is_ok(self) -> bool:
        """Whether the source was there and answered."""
        return self.outcome == "ok"

    @property
    def fault(self) -> str | None:
        """The code of the fault, or None."""
        return None if self.outcome in {"ok", ABSENT} else self.outcome

    @property
    def names_cause(self) -> bool:
        """Whether it says what is wrong; a missing library or device is only what follows from something."""
        return self.fault is not None and self.fault not in {"driver-library-missing", "driver-no-device"}

    def shown(self) -> ProbeAnswer:
        """The answer as `gpuenv detect` shows it."""
        return ProbeAnswer(probe=self.probe, outcome=self.outcome, detail=self.detail or self._summary())

    def _summary(self) -> str:
        told = [f"{len(self.gpus)} GPU"] if self.gpus else []
        told += [f"driver {self.driver_version}"] if self.driver_version else []
        told += [f"CUDA {self.cuda_version}"] if self.cuda_version else []
        return ", ".join(told)


def nvml_fault(number: int) -> str:
    """Name the fault of an NVML return code; `driver-failed` for those that only NVML's own text explains."""
    return NVML_FAULTS.get(number, "driver-failed")
