"""The variables of environment markers (PEP 508) of a platform and a Python, whatever Python runs gpuenv."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.platform import Platform, PythonVersion

_SYSTEMS: Final[Mapping[str, Mapping[str, str]]] = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
}


def marker_variables(platform: Platform, python: PythonVersion, *, extra: str = "") -> dict[str, str]:
    """Give what a machine decides; the patch release is not known and taken to be the first.

    >>> marker_variables(Platform(name="windows-x86_64"), PythonVersion(major=3, minor=12))["platform_machine"]
    'AMD64'
    """
    system, _, machine = platform.name.partition("-")
    version = f"{python.major}.{python.minor}"
    return {
        **_SYSTEMS[system],
        "platform_machine": "AMD64" if platform.name == "windows-x86_64" else machine,
        "python_version": version,
        "python_full_version": f"{version}.0",
        "implementation_name": "cpython",
        "implementation_version": f"{version}.0",
        "platform_python_implementation": "CPython",
        "extra": extra,
    }
