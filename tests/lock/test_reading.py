"""A lock is read back whatever its format: the machine, the packages, and where builds come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.lock.header import LockedSource, parse_header
from gpuenv.lock.pylock_table import parse_own_table
from gpuenv.lock.reading import parse_lock, read_lock
from gpuenv.models.execution import LockedPackage
from gpuenv.models.platform import Platform

DATA = Path(__file__).parents[1] / "data" / "lock"
HEADER = """\
# gpuenv lock, format 1
# gpu: NVIDIA GeForce GTX 1080 Ti; 6.1; sass sm_60
# driver: >=525.60.13
# platform: macos-arm64; macos 14.0
# python: 3.12
# torch: 2.14.1+cu126; cu126
# source: kornia-rs; metadata-static
# source: old-style; metadata-built-on-linux-x86_64
# matrix: 2026.11
#
"""
BODY = """\
--find-links https://download.pytorch.org/whl/cu126/torch/

easyocr==1.7.2 \\
    --hash=sha256:aa
Torch_Vision===0.30.0 ; sys_platform == 'win32' \\
    --hash=sha256:cc \\
    --hash=sha256:bb
"""


def test_a_requirements_file_is_read() -> None:
    content = parse_lock(HEADER + BODY, is_pylock=False)
    assert content.file_format == "requirements"
    assert content.header == parse_header(HEADER)
    assert content.header.platform == Platform(name="macos-arm64", macos=(14, 0))
    assert content.header.sources == (
        LockedSource(project="kornia-rs", metadata="metadata-static"),
        LockedSource(project="old-style", metadata="metadata-built-on-linux-x86_64"),
    )
    assert content.pages == ("https://download.pytorch.org/whl/cu126/torch/",)
    assert content.packages == (
        LockedPackage(project="easyocr", version=Version("1.7.2"), hashes=("sha256:aa",)),
        LockedPackage(
            project="torch-vision",
            version=Version("0.30.0"),
            hashes=("sha256:bb", "sha256:cc"),
            marker='sys_platform == "win32"',
        ),
    )


def test_a_pylock_is_read_with_the_same_meaning() -> None:
    path = DATA / "pylock.gtx-1080-ti.toml"
    content = read_lock(path)
    assert (content.file_format, content.header) == ("pylock", parse_own_table(path.read_text(encoding="utf-8")))
    assert [(package.project, str(package.version)) for package in content.packages] == [
        ("colorama", "0.4.6"),
        ("torch", "2.14.1+cu126"),
    ]
    assert content.pages == ("https://download.pytorch.org/whl/cu126",)


def test_a_real_lock_is_read_whole() -> None:
    content = read_lock(DATA / "requirements-rtx-5090.txt")
    assert len(content.packages) > 20
    assert all(package.hashes for package in content.packages)


@pytest.mark.parametrize(
    "line",
    ["torch>=2.9 --hash=sha256:aa", "torch --hash=sha256:aa", "-e ./mine", "--index-url https://elsewhere.example"],
)
def test_a_line_that_pins_nothing_is_refused(line: str) -> None:
    with pytest.raises(GpuenvError) as refused:
        parse_lock(f"{HEADER}{line}\n", is_pylock=False)
    assert refused.value.code == "lock-line-broken"
    assert line.startswith(str(refused.value.context["line"]))


@pytest.mark.parametrize("line", ["# source: x; guessed", "# source: x", "# platform: linux-x86_64; musl 1.2"])
def test_a_header_line_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(GpuenvError, match="lock-header-broken"):
        parse_lock(HEADER.replace("# matrix", f"{line}\n# matrix"), is_pylock=False)


def test_a_damaged_pylock_is_refused_with_the_fault() -> None:
    text = (DATA / "pylock.gtx-1080-ti.toml").read_text(encoding="utf-8").replace('lock-version = "1.0"\n', "")
    with pytest.raises(GpuenvError, match="lock-line-broken"):
        parse_lock(text, is_pylock=True)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(GpuenvError) as refused:
        read_lock(tmp_path / "none.txt")
    assert (refused.value.code, refused.value.context["path"]) == ("lock-not-readable", str(tmp_path / "none.txt"))
