"""Tells operating system, processor, C library, WSL and container of this machine."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.detect.files import exists, read_text
from gpuenv.errors import GpuenvError
from gpuenv.models.platform import Platform
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.platform import PlatformName
    from gpuenv.models.surroundings import Surroundings

_NAMES: Final[Mapping[tuple[str, str], PlatformName]] = {
    ("linux", "x86_64"): "linux-x86_64",
    ("linux", "amd64"): "linux-x86_64",
    ("linux", "aarch64"): "linux-aarch64",
    ("linux", "arm64"): "linux-aarch64",
    ("win32", "amd64"): "windows-x86_64",
    ("win32", "x86_64"): "windows-x86_64",
    ("darwin", "arm64"): "macos-arm64",
}

_GLIBC: Final = re.compile(r"glibc (\d+)\.(\d+)")
_OS_RELEASE_LINE: Final = r"^([A-Z_]+)=[\"']?(.*?)[\"']?$"
_FIRST_WSL: Final = r"Linux version 4\.4\.\d+-\d+-Microsoft\b"
"""The first generation is no kernel: it always calls itself by this version (`4.4.0-19041-Microsoft`)."""
_CONTAINER_CGROUP: Final = r"kubepods|docker|containerd|libpod|lxc"
_CGROUP_RUNTIMES: Final = {"kubepods": "kubernetes", "libpod": "podman"}

ROOT: Final = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A Linux distribution, by the fields of os-release."""

    id: str
    """`ubuntu`."""
    id_like: tuple[str, ...] = ()
    """`debian` for Ubuntu's children."""
    version: str = ""
    pretty_name: str = ""
    """`Ubuntu 24.04.3 LTS`."""

    def is_any(self, *names: str) -> bool:
        """Whether it is one of those, or derived from one."""
        return any(name in names for name in (self.id, *self.id_like))


def detect_platform(surroundings: Surroundings, *, root: Path = ROOT) -> Platform:
    """Tell the platform of this machine.

    Raises `GpuenvError("platform-unsupported")` for a system or processor that no wheel of the matrix is for.
    """
    machine, release = _machine(surroundings.environ)
    return parse_platform(
        system=sys.platform,
        machine=machine,
        release=release,
        libc=_libc(),
        proc_version=read_text(root / "proc/version") or "",
    )


def parse_platform(*, system: str, machine: str, release: str, libc: str, proc_version: str) -> Platform:
    """Name the platform from what the system calls itself: `linux`, `x86_64`, `6.6.87-microsoft`, `glibc 2.39`.

    Raises `GpuenvError("platform-unsupported")`.
    """
    family = "linux" if system.startswith("linux") else system
    name = _NAMES.get((family, machine.lower()))
    if name is None:
        raise GpuenvError("platform-unsupported", system=system, machine=machine)
    glibc = _GLIBC.search(libc)
    return Platform(
        name=name,
        glibc=(int(glibc[1]), int(glibc[2])) if glibc and family == "linux" else None,
        is_wsl=family == "linux" and "microsoft" in f"{release} {proc_version}".lower(),
    )


def detect_wsl_generation(platform: Platform, *, root: Path = ROOT) -> Literal[1, 2] | None:
    """Tell the generation of WSL; None elsewhere."""
    return parse_wsl_generation(read_text(root / "proc/version") or "") if platform.is_wsl else None


def parse_wsl_generation(proc_version: str) -> Literal[1, 2]:
    """Read `/proc/version` of a WSL machine.

    Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com) (gcc version 5.4.0 (GCC) ) #1237-Microsoft ...
    """
    return 1 if re.match(_FIRST_WSL, proc_version) else 2


def detect_container(environ: Mapping[str, str], *, root: Path = ROOT) -> str | None:
    """Name the container runtime that this process runs under, or None."""
    if environ.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    if exists(root / ".dockerenv"):
        return "docker"
    if exists(root / "run/.containerenv"):
        return "podman"
    if environ.get("APPTAINER_CONTAINER") or environ.get("SINGULARITY_CONTAINER"):
        return "apptainer"
    return environ.get("container") or parse_cgroup(read_text(root / "proc/1/cgroup") or "")


def parse_cgroup(text: str) -> str | None:
    """Name the runtime from the cgroup of process 1; cgroup v2 in a namespace of its own says only `0::/`.

    12:devices:/kubepods/besteffort/pod7d1f/5e0c
    """
    found = re.search(_CONTAINER_CGROUP, text)
    return None if found is None else _CGROUP_RUNTIMES.get(found[0], found[0])


def read_distribution(root: Path) -> Distribution:
    """Tell the Linux distribution; an unknown one has an empty id."""
    text = read_text(root / "etc/os-release") or read_text(root / "usr/lib/os-release") or ""
    return parse_os_release(text)


def parse_os_release(text: str) -> Distribution:
    """Read os-release.

    ID=linuxmint
    ID_LIKE="ubuntu debian"
    VERSION_ID="22.1"
    """
    fields = {found[1]: found[2] for found in re.finditer(_OS_RELEASE_LINE, text, re.MULTILINE)}
    return Distribution(
        id=fields.get("ID", "").lower(),
        id_like=tuple(fields.get("ID_LIKE", "").lower().split()),
        version=fields.get("VERSION_ID", ""),
        pretty_name=fields.get("PRETTY_NAME", ""),
    )


def _machine(environ: Mapping[str, str]) -> tuple[str, str]:
    """Tell processor and kernel release; 64-bit Windows tells a 32-bit process of its processor by W6432."""
    if sys.platform == "win32":
        return environ.get("PROCESSOR_ARCHITEW6432") or environ.get("PROCESSOR_ARCHITECTURE", ""), ""
    kernel = os.uname()
    return kernel.machine, kernel.release


def _libc() -> str:
    """Name the C library of this process; empty where it is not glibc."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return ""
