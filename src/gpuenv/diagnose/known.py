"""What is known beside the error: measured facts where there are any, else what the text says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.diagnosis import FaultFacts
from gpuenv.models.hardware import Driver, Gpu, Presence, Probe
from gpuenv.models.platform import Platform
from gpuenv.models.value import dataclass
from gpuenv.rules.driver import driver_cuda

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.diagnose.facts import TextFacts
    from gpuenv.models.cuda import Architecture, ComputeCapability, DriverVersion
    from gpuenv.models.diagnosis import SignatureBook
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.platform import PlatformName

_CUDA_PACKAGES = (
    "nvidia-cuda-runtime",
    "nvidia-cuda-runtime-cu13",
    "nvidia-cuda-runtime-cu12",
    "nvidia-cuda-runtime-cu11",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All facts of one diagnosis, measured ones first."""

    text: TextFacts
    machine: HostFacts | None
    """None as well where the text is plainly of another machine."""
    environment: Environment | None
    matrix: CompatibilityMatrix | None
    book: SignatureBook

    @property
    def gpus(self) -> tuple[tuple[str, ComputeCapability], ...]:
        """The GPUs with their capability, those of the machine first, else those that the text names."""
        measured = tuple(
            (gpu.name, found) for gpu in (self.machine.gpus if self.machine else ()) for found in gpu.capabilities
        )
        if measured or self.text.capability is None:
            return measured or self.text.gpus
        name = next((name for name, found in self.text.gpus if found == self.text.capability), self.text.capability.sm)
        return ((name, self.text.capability), *(gpu for gpu in self.text.gpus if gpu[1] != self.text.capability))

    @property
    def has_no_nvidia(self) -> bool:
        """Whether there is no NVIDIA GPU, measured or said."""
        return self.text.has_no_nvidia or (self.machine is not None and self.machine.presence is Presence.ABSENT)

    @property
    def torch(self) -> Version | None:
        """The public version of torch."""
        installed = self.environment.installed("torch") if self.environment else None
        return installed.version if installed else self.text.torch

    @property
    def torch_tag(self) -> str | None:
        """The CUDA tag of torch: `cu128`, `cpu`."""
        installed = self.environment.installed("torch") if self.environment else None
        if installed is None:
            return self.text.torch_tag
        return installed.build_tag or installed.version.local

    @property
    def torch_label(self) -> str | None:
        """How messages name torch: `torch 2.8.0+cu128`."""
        if self.torch is None:
            return None if self.torch_tag is None else f"torch+{self.torch_tag}"
        return f"torch {self.torch.public}" + (f"+{self.torch_tag}" if self.torch_tag else "")

    @property
    def torch_cuda(self) -> CudaVersion | None:
        """CUDA version that torch was built with."""
        return CudaVersion.from_tag(self.torch_tag) if self.torch_tag else None

    @property
    def packages(self) -> Mapping[str, Version | None]:
        """Installed packages by canonical name: the environment's, else those that the text names."""
        if self.environment is None:
            return self.text.packages
        return {found.name: found.version for found in self.environment.distributions}

    @property
    def is_container(self) -> bool:
        """Whether it happens in a container."""
        return self.text.is_container or (self.machine is not None and self.machine.container is not None)

    @property
    def platform(self) -> Platform | None:
        """The platform, as far as it is known."""
        if self.machine is not None:
            return self.machine.platform
        match self.text.system:
            case "windows":
                return Platform(name="windows-x86_64")
            case "linux":
                name: PlatformName = "linux-aarch64" if self.text.is_arm else "linux-x86_64"
                return Platform(name=name, is_wsl=self.text.is_wsl)
            case _:
                return Platform(name="linux-aarch64") if self.text.is_arm else None

    @property
    def platforms(self) -> frozenset[PlatformName]:
        """The platforms that it can be: one where it is known, else those that most machines are."""
        if self.platform is not None:
            return frozenset({self.platform.name})
        return frozenset({"linux-aarch64"} if self.text.is_arm else {"linux-x86_64", "windows-x86_64"})

    @property
    def driver(self) -> DriverVersion | None:
        """The kernel driver's version."""
        measured = self.machine.driver if self.machine else None
        return measured.version if measured else self.text.driver

    @property
    def driver_cuda(self) -> CudaVersion | None:
        """Highest CUDA version that the driver speaks."""
        measured = self.machine.driver if self.machine else None
        if measured is not None and measured.cuda_version is not None:
            return measured.cuda_version
        if measured is None and self.text.driver_cuda is not None:
            return self.text.driver_cuda
        return self.native_cuda

    @property
    def native_cuda(self) -> CudaVersion | None:
        """What the driver's own libcuda speaks by the table, whatever a container may have put in its place."""
        if self.driver is None or self.matrix is None:
            return None
        driver = Driver(version=self.driver, cuda_version=None, probe=Probe.DESCRIBED)
        return driver_cuda(driver, self.platform or Platform(name="linux-x86_64"), self.matrix.cuda)

    @property
    def library_cuda_major(self) -> int | None:
        """CUDA major of the libraries at hand: the wheels' of the environment, the toolkit's, else torch's."""
        for package in _CUDA_PACKAGES:
            version = self.environment.installed(package) if self.environment else None
            if version is not None:
                return version.version.major
        if self.text.toolkit is not None:
            return self.text.toolkit.major
        return self.torch_cuda.major if self.torch_cuda else None

    @property
    def cudnn_major(self) -> int | None:
        """The cuDNN major at hand."""
        for name, version in self.packages.items():
            if name.startswith("nvidia-cudnn") and version is not None:
                return version.major
        return self.text.cudnn_major

    @property
    def context(self) -> dict[str, str | None]:
        """The facts that most messages name; a verdict's own go before them."""
        name, capability = self.gpus[0] if self.gpus else (None, None)
        return {
            "gpu": f"{name} ({capability})" if capability else None,
            "target": capability.sm if capability else None,
            "capability": str(capability) if capability else None,
            "torch": self.torch_label or "torch",
            "driver": str(self.driver) if self.driver else None,
            "driver_cuda": str(self.driver_cuda) if self.driver_cuda else None,
            "toolkit": str(self.text.toolkit) if self.text.toolkit else None,
        }

    def facts_of_fault(self, capability: ComputeCapability | None) -> FaultFacts:
        """Gather what a repair is made for; of several GPUs that a text names, those of the capability at fault."""
        machine, environment = self.machine, self.environment
        gpus = machine.gpus if machine is not None else ()
        if not gpus:
            named = [found for found in self.gpus if capability in {None, found[1]}]
            if not named and capability is not None:
                named = [(capability.sm, capability)]
            gpus = tuple(Gpu(name=name, capabilities=(found,), probe=Probe.DESCRIBED) for name, found in named)
        return FaultFacts(
            gpus=gpus,
            driver=machine.driver if machine is not None and machine.driver is not None else self._stated_driver,
            platform=self.platform,
            python=environment.python_version if environment is not None else self.text.python,
            packages=self.packages if environment is not None else {**self.packages, **self._stated_torch},
            environment=environment,
        )

    @property
    def _stated_driver(self) -> Driver | None:
        if self.text.driver is None and self.text.driver_cuda is None:
            return None
        return Driver(version=self.text.driver, cuda_version=self.text.driver_cuda, probe=Probe.DESCRIBED)

    @property
    def _stated_torch(self) -> Mapping[str, Version | None]:
        if self.torch is None:
            return {}
        tag = self.torch_tag
        return {"torch": Version(f"{self.torch.public}+{tag}") if tag else self.torch}

    @property
    def architectures(self) -> tuple[Architecture, ...]:
        """The machine code of torch's build as the text prints it."""
        return self.text.architectures


def know(
    text: TextFacts,
    *,
    machine: HostFacts | None,
    environment: Environment | None,
    matrix: CompatibilityMatrix | None,
    book: SignatureBook,
) -> Known:
    """Join the facts. Measured facts of a machine that the text is plainly not of are left out."""
    is_other = (
        machine is not None
        and bool(text.gpus)
        and not {found for _, found in text.gpus} & {found for gpu in machine.gpus for found in gpu.capabilities}
    )
    return Known(
        text=text,
        machine=None if is_other else machine,
        environment=None if is_other else environment,
        matrix=matrix,
        book=book,
    )
