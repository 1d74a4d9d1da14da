"""Names the commands that install an NVIDIA driver, by distribution and card. Nothing here runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gpuenv.models.cuda import ComputeCapability

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.detect.platform import Distribution
    from gpuenv.models.platform import Platform

_TURING: Final = ComputeCapability(major=7, minor=5)
"""The open kernel modules drive this and newer; from 10.0 on there are no others
(NVIDIA driver installation guide, kernel modules; read 2026-11)."""
_MAXWELL: Final = ComputeCapability(major=5, minor=0)

_BRANCH: Final = "580"
"""R580 drives every card from Maxwell to Blackwell: the first branch for 10.3 and 12.1, and the last for 5.x to 7.0
(CUDA toolkit, driver and architecture matrix; read 2026-11)."""
_KEPLER_BRANCH: Final = "470"

_RED_HAT: Final = ("rhel", "centos", "rocky", "almalinux", "ol", "amzn")
_FEDORA_REPOSITORY: Final = "sudo fedora-third-party enable"
"""RPM Fusion's NVIDIA repository is one of Fedora's third-party repositories, off by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverAdvice:
    """How to get a driver for some cards."""

    branch: str
    """The driver branch that serves them: `580`."""
    command: str | None
    """None for a distribution whose packages we do not know."""
    before: str | None = None
    """What has to be run first, e.g. to enable a repository."""


def advise_driver(
    platform: Platform, distribution: Distribution, capabilities: Iterable[ComputeCapability]
) -> DriverAdvice:
    """Choose branch, kernel module flavour and package for those cards on that system."""
    known = tuple(capabilities)
    newest, oldest = max(known, default=None), min(known, default=None)
    if newest is not None and newest < _MAXWELL:
        return DriverAdvice(branch=_KEPLER_BRANCH, command=_kepler_command(distribution))
    is_open = oldest is None or newest is None or oldest >= _TURING or newest.major >= 10  # noqa: PLR2004 - Blackwell
    if platform.name.startswith("windows") or platform.is_wsl:
        # The driver is Windows' own, also under WSL; this opens the page that finds it.
        opener = "start" if platform.name.startswith("windows") else "explorer.exe"
        return DriverAdvice(branch=_BRANCH, command=f"{opener} https://www.nvidia.com/drivers")
    before, command = _package_commands(distribution, is_open=is_open)
    return DriverAdvice(branch=_BRANCH, command=command, before=before)


def _package_commands(distribution: Distribution, *, is_open: bool) -> tuple[str | None, str | None]:
    """Tell what enables the repository, if it is off by default, and what installs the driver."""
    before = command = None
    if distribution.is_any("ubuntu"):
        command = f"sudo apt install nvidia-driver-{_BRANCH}{'-open' if is_open else ''}"
    elif distribution.is_any("debian"):
        command = "sudo apt install nvidia-open" if is_open else "sudo apt install nvidia-driver"
    elif distribution.id == "fedora":
        legacy = "" if is_open else f"-{_BRANCH}xx"
        before = _FEDORA_REPOSITORY
        command = f"sudo dnf install akmod-nvidia{legacy} xorg-x11-drv-nvidia{legacy}-cuda"
    elif distribution.is_any(*_RED_HAT):
        command = f"sudo dnf module install nvidia-driver:{'open' if is_open else _BRANCH}-dkms"
    elif distribution.is_any("arch"):
        command = "sudo pacman -S nvidia-open nvidia-utils" if is_open else f"yay -S nvidia-{_BRANCH}xx-dkms"
    elif distribution.is_any("opensuse", "suse"):
        flavour = "Tumbleweed" if "tumbleweed" in distribution.id else "Leap"
        before = f"sudo zypper install openSUSE-repos-{flavour}-NVIDIA"
        command = (
            f"sudo zypper install {'nvidia-open-driver-G06-signed-kmp' if is_open else 'nvidia-driver-G06-kmp'}-meta"
        )
    return before, command


def _kepler_command(distribution: Distribution) -> str | None:
    if distribution.is_any("ubuntu"):
        return f"sudo apt install nvidia-driver-{_KEPLER_BRANCH}"
    if distribution.is_any("arch"):
        return f"yay -S nvidia-{_KEPLER_BRANCH}xx-dkms"
    return None
