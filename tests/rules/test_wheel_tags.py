"""Which wheels a described Python installs."""

from __future__ import annotations

import sys
from typing import Final

import pytest
from packaging.tags import parse_tag, sys_tags

from gpuenv.models.platform import Platform, PlatformName, PythonVersion
from gpuenv.rules.wheel_tags import glibc_suffices, supported_tags

LINUX: Final = Platform(name="linux-x86_64", glibc=(2, 28))


@pytest.mark.parametrize(
    ("platform", "python", "tag", "installs"),
    [
        ("linux-x86_64", "3.12", "cp312-cp312-manylinux_2_28_x86_64", True),
        ("linux-x86_64", "3.12", "cp311-cp311-manylinux_2_28_x86_64", False),
        ("linux-x86_64", "3.12", "cp312-cp312-linux_x86_64", True),
        ("linux-x86_64", "3.12", "cp312-cp312-manylinux_2_34_x86_64", False),
        ("linux-x86_64", "3.12", "py3-none-any", True),
        ("linux-x86_64", "3.12", "py3-none-manylinux_2_28_x86_64", True),
        ("linux-x86_64", "3.13t", "cp313-cp313t-manylinux_2_28_x86_64", True),
        ("linux-x86_64", "3.13t", "cp313-cp313-manylinux_2_28_x86_64", False),
        ("linux-aarch64", "3.11", "cp311-cp311-manylinux2014_aarch64", True),
        ("windows-x86_64", "3.11", "cp311-cp311-win_amd64", True),
        ("macos-arm64", "3.12", "cp312-none-macosx_11_0_arm64", True),
        ("macos-arm64", "3.12", "cp312-cp312-macosx_14_0_arm64", True),
    ],
)
def test_a_python_on_a_platform_installs_these_wheels(
    platform: PlatformName,
    python: str,
    tag: str,
    installs: bool,  # noqa: FBT001
) -> None:
    glibc = (2, 28) if platform.startswith("linux") else None
    supported = supported_tags(Platform(name=platform, glibc=glibc), PythonVersion.parse(python))
    assert bool(parse_tag(tag) & supported) is installs


@pytest.mark.skipif(sys.platform != "linux", reason="compares with the running Linux interpreter")
def test_the_tags_made_for_this_interpreter_are_among_those_it_reports() -> None:
    python = PythonVersion(major=sys.version_info.major, minor=sys.version_info.minor)
    platform = Platform(name="linux-x86_64", glibc=(2, 17))
    assert supported_tags(platform, python) <= set(sys_tags())


@pytest.mark.parametrize(
    ("needed", "platform", "suffices"),
    [
        (None, Platform(name="linux-x86_64", glibc=(2, 12)), True),
        ((2, 28), Platform(name="linux-x86_64", glibc=(2, 28)), True),
        ((2, 28), Platform(name="linux-x86_64", glibc=(2, 27)), False),
        ((2, 28), Platform(name="linux-x86_64"), True),
        ((2, 34), Platform(name="linux-x86_64"), False),
        ((2, 34), Platform(name="linux-aarch64"), True),
        ((2, 34), Platform(name="linux-aarch64", glibc=(2, 31)), False),
        ((2, 28), Platform(name="windows-x86_64"), True),
    ],
)
def test_wheels_take_a_glibc_that_is_new_enough(
    needed: tuple[int, int] | None, platform: Platform, *, suffices: bool
) -> None:
    assert glibc_suffices(needed, platform.effective_glibc) is suffices
