"""Wheels that were built are found again by what decides their content, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.build.modules import extension_modules
from gpuenv.build.wheel_cache import BuildKey, keep_wheel, kept_wheel

if TYPE_CHECKING:
    from pathlib import Path

KEY = BuildKey(
    source="abc",
    torch="2.15.0 cu132",
    toolkit="13.2",
    architectures="12.0",
    python="3.12",
    platform="linux-x86_64 (2, 36)",
)


def test_a_kept_wheel_is_found_by_its_key(tmp_path: Path) -> None:
    wheel = tmp_path / "fast-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    assert kept_wheel(tmp_path / "cache", KEY) is None
    keep_wheel(tmp_path / "cache", KEY, wheel)
    found = kept_wheel(tmp_path / "cache", replace(KEY))
    assert found is not None
    assert (found.name, found.read_bytes()) == (wheel.name, b"wheel")


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, source="abd"),
        replace(KEY, torch="2.15.0 cu130"),
        replace(KEY, toolkit="13.0"),
        replace(KEY, architectures="12.0+PTX"),
        replace(KEY, python="3.13"),
        replace(KEY, platform="linux-aarch64 (2, 36)"),
        replace(KEY, variables=(("MMCV_WITH_OPS", "1"),)),
    ],
)
def test_every_fact_of_a_build_counts(other: BuildKey) -> None:
    assert other.digest != KEY.digest


def test_extension_modules_are_named_as_they_are_imported(tmp_path: Path) -> None:
    import zipfile  # noqa: PLC0415 - only here

    wheel = tmp_path / "fast-1.0-cp311-cp311-linux_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in (
            *("fast/_C.cpython-311-x86_64-linux-gnu.so", "fast/stable.abi3.so", "top.cp311-win_amd64.pyd"),
            *("fast/lib/libkernels.so", "fast/__init__.py", "fast.libs/libgomp-a34b3233.so.1"),
        ):
            archive.writestr(name, "")
    assert extension_modules(wheel) == ("fast._C", "fast.stable", "top")
