"""Names the commands that install an NVIDIA driver, by Linux distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gpuenv.detect.platform import Distribution
    from gpuenv.models.platform import Platform

_RED_HAT: Final = ("rhel", "centos", "rocky", "almalinux", "ol", "amzn")
_FEDORA_REPOSITORY: Final = "sudo fedora-third-party enable"
"""RPM Fusion's NVIDIA repository is one of Fedora's third-party repositories, off by default."""
_KEPLER_BRANCH: Final = 470
ELSEWHERE: Final = "xdg-open https://www.nvidia.com/drivers"
"""For distributions whose packages we do not know."""
_CUDA_REPOSITORY: Final = "https://developer.download.nvidia.com/compute/cuda/repos"
_DEBIAN_RELEASES: Final = ("12", "13")
"""Debian's own driver is R535 (12) and R550 (13), older than Blackwell; NVIDIA keeps a repository for each."""

_KEY_FILES: Final = (
    ("ubuntu", "/var/lib/shim-signed/mok/MOK.der"),
    ("debian", "/var/lib/dkms/mok.pub"),
    ("fedora", "/etc/pki/akmods/certs/public_key.der"),
)
"""The key that each distribution signs the modules with that it builds on the machine; others' DKMS as Debian's."""


def install_commands(
    distribution: Distribution, platform: Platform, *, branch: int, is_open: bool
) -> tuple[str | None, str]:
    """Tell what enables the repository, if it is off by default, and what installs a driver of that branch."""
    if branch == _KEPLER_BRANCH:
        return _kepler(distribution)
    before, command = None, ELSEWHERE
    if distribution.is_any("ubuntu"):
        command = f"sudo apt install nvidia-driver-{branch}{'-open' if is_open else ''}"
    elif distribution.is_any("debian"):
        before = _debian_repository(distribution, platform) if is_open else None
        command = "sudo apt install nvidia-open" if is_open else "sudo apt install nvidia-driver"
    elif distribution.id == "fedora":
        legacy = "" if is_open else f"-{branch}xx"
        before = _FEDORA_REPOSITORY
        command = f"sudo dnf install akmod-nvidia{legacy} xorg-x11-drv-nvidia{legacy}-cuda"
    elif distribution.is_any(*_RED_HAT):
        command = f"sudo dnf module install nvidia-driver:{'open' if is_open else branch}-dkms"
    elif distribution.is_any("arch"):
        command = "sudo pacman -S nvidia-open nvidia-utils" if is_open else f"yay -S nvidia-{branch}xx-dkms"
    elif distribution.is_any("opensuse", "suse"):
        before = _opensuse_repository(distribution)
        modules = "nvidia-open-driver-G06-signed-kmp" if is_open else "nvidia-driver-G06-kmp"
        command = f"sudo zypper install {modules}-meta nvidia-compute-utils-G06"
    return before, command


def key_file(distribution: Distribution) -> str:
    """Name the file with the key to enrol where Secure Boot is on and the module was built on the machine."""
    return next((path for name, path in _KEY_FILES if distribution.is_any(name)), "/var/lib/dkms/mok.pub")


def _kepler(distribution: Distribution) -> tuple[str | None, str]:
    if distribution.is_any("ubuntu"):
        return None, f"sudo apt install nvidia-driver-{_KEPLER_BRANCH}"
    if distribution.id == "debian":
        return None, f"sudo apt install nvidia-tesla-{_KEPLER_BRANCH}-driver"
    if distribution.id == "fedora":
        legacy = f"{_KEPLER_BRANCH}xx"
        return _FEDORA_REPOSITORY, f"sudo dnf install akmod-nvidia-{legacy} xorg-x11-drv-nvidia-{legacy}-cuda"
    if distribution.is_any("arch"):
        return None, f"yay -S nvidia-{_KEPLER_BRANCH}xx-dkms"
    if distribution.is_any("opensuse", "suse"):
        return _opensuse_repository(distribution), "sudo zypper install x11-video-nvidiaG05 nvidia-computeG05"
    return None, ELSEWHERE


def _debian_repository(distribution: Distribution, platform: Platform) -> str | None:
    """Make the command that adds NVIDIA's repository for that Debian; none is known for its children."""
    if distribution.id != "debian" or distribution.version not in _DEBIAN_RELEASES:
        return None
    processor = "sbsa" if platform.name == "linux-aarch64" else "x86_64"
    package = "cuda-keyring_1.1-1_all.deb"
    url = f"{_CUDA_REPOSITORY}/debian{distribution.version}/{processor}/{package}"
    return f"wget {url} && sudo apt install ./{package} && sudo apt update"


def _opensuse_repository(distribution: Distribution) -> str:
    flavour = "Tumbleweed" if "tumbleweed" in distribution.id else "Leap"
    return f"sudo zypper install openSUSE-repos-{flavour}-NVIDIA"
