"""Makes JSON of a machine and an environment: the `host` and the `environment` of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.report.envelope import notice_as_json

if TYPE_CHECKING:
    from gpuenv.models.environment import Environment, InstalledDistribution, SharedFolder
    from gpuenv.models.hardware import CudaToolkit, Gpu, HostDetails, HostFacts
    from gpuenv.report.messages import Language


def host_as_json(host: HostFacts, language: Language) -> dict[str, Any]:
    """Make the `host` of the contract."""
    driver = host.driver
    return {
        "presence": host.presence.value,
        "gpus": [_gpu_as_json(gpu) for gpu in host.gpus],
        "driver": {
            "version": _text(driver.version),
            "cuda_version": _text(driver.cuda_version),
            "probe": driver.probe.value,
        }
        if driver
        else None,
        "platform": host.platform.name,
        "glibc": ".".join(map(str, host.platform.glibc)) if host.platform.glibc else None,
        "wsl": host.platform.is_wsl,
        "wsl_generation": host.wsl_generation,
        "container": host.container,
        "msvc_runtime": {"version": host.msvc_runtime.version} if host.msvc_runtime else None,
        "other_gpus": list(host.other_gpus),
        "problems": [notice_as_json(problem, language) for problem in host.problems],
        "probes": [
            {"probe": answer.probe.value, "outcome": answer.outcome, "detail": answer.detail} for answer in host.probes
        ],
    }


def details_as_json(details: HostDetails) -> dict[str, Any]:
    """Make the `details` of `host`."""
    return {
        "system": details.system,
        "kernel": details.kernel,
        "kernel_module": details.kernel_module,
        "memory_bytes": details.memory_bytes,
        "disk_free_bytes": details.disk_free_bytes,
        "toolkits": [_toolkit_as_json(found) for found in details.toolkits],
        "compilers": [
            {"family": found.family, "path": found.path, "version": found.version} for found in details.compilers
        ],
        "cudnn": [{"path": found.path, "version": found.version} for found in details.cudnn],
        "shadowing": [{"path": found.path, "libraries": list(found.libraries)} for found in details.shadowing],
    }


def environment_as_json(
    environment: Environment | None, shared_folders: tuple[SharedFolder, ...] = ()
) -> dict[str, Any] | None:
    """Make the `environment`: null where there is none."""
    if environment is None:
        return None
    return {
        "root": str(environment.root),
        "kind": environment.kind,
        "python": str(environment.python_version),
        "interpreter": str(environment.python),
        "site_packages": str(environment.site_packages),
        "distributions": [_distribution_as_json(found) for found in environment.distributions],
        "outer_distributions": [_distribution_as_json(found) for found in environment.outer],
        "shared_folders": [{"name": found.name, "owners": list(found.owners)} for found in shared_folders],
        "remnants": list(environment.remnants),
    }


def _toolkit_as_json(found: CudaToolkit) -> dict[str, Any]:
    limits = found.limits
    return {
        "root": found.root,
        "version": _text(found.version),
        "nvcc": found.nvcc,
        "newest_compilers": {"gcc": limits.gcc, "clang": limits.clang, "msc": limits.msc} if limits else None,
    }


def _gpu_as_json(gpu: Gpu) -> dict[str, Any]:
    capabilities = [str(capability) for capability in gpu.capabilities]
    return {
        "index": gpu.index,
        "name": gpu.name,
        "compute_capability": capabilities[0] if capabilities else None,
        **({"compute_capabilities": capabilities} if len(capabilities) > 1 else {}),
        "uuid": gpu.uuid,
        "pci_device_id": gpu.pci_device_id,
        "pci_bus_id": gpu.pci_bus_id,
        "memory_bytes": gpu.memory_bytes,
        "mig": gpu.is_mig,
        "mig_instances": [
            {"name": part.name, "uuid": part.uuid, "memory_bytes": part.memory_bytes} for part in gpu.mig_instances
        ]
        if gpu.mig_instances is not None
        else None,
        "probe": gpu.probe.value,
    }


def _distribution_as_json(found: InstalledDistribution) -> dict[str, Any]:
    return {
        "name": found.name,
        "version": str(found.version),
        "build_tag": found.build_tag,
        "installer": found.installer,
        "editable": found.is_editable,
        "direct_url": found.direct_url,
        "problems": list(found.problems),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
