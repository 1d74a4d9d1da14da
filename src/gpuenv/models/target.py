"""The machine that is resolved for: this one, or a described one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.hardware import Driver, Gpu, MsvcRuntime
    from gpuenv.models.platform import Platform, PythonVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """GPUs, driver, platform and Python. Without GPUs it is a CPU target: never reached by falling back (rule 10)."""

    gpus: tuple[Gpu, ...]
    driver: Driver | None
    """None: unknown. Builds are then not limited by the driver, and the result says which driver it needs."""
    platform: Platform
    python: PythonVersion
    origin: Literal["detected", "described"]
    msvc_runtime: MsvcRuntime | None = None
    """The Visual C++ runtime of a Windows machine; None where it was not looked at."""

    @property
    def is_cpu(self) -> bool:
        """Whether CPU builds are wanted."""
        return not self.gpus
