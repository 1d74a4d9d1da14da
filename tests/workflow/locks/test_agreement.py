"""A file that several indexes have is the same on all of them, or is refused with both places."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.locking import LockQuestion
from gpuenv.lock.files import LockedFile
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.resolution import Pin
from gpuenv.models.settings import IndexSettings
from gpuenv.workflow.locks.agreement import check_agreement
from support.index_server import IndexServer
from support.lock_index import user_of
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as server:
        yield server


def question(server: IndexServer, home: Path, *pins: Pin, further: str | None = None) -> LockQuestion:
    return LockQuestion(
        pins=pins,
        others=(),
        python=Path(sys.executable),
        python_version=PythonVersion(major=3, minor=12),
        platform=Platform(name="linux-x86_64", glibc=(2, 28)),
        settings=IndexSettings(index_url=server.simple_url, extra_index_urls=(further,) if further else ()),
        environ=user_of(server, home),
    )


def file(wheel: Path, folder: str) -> LockedFile:
    name, version = wheel.name.split("-")[:2]
    return LockedFile(
        project=name,
        version=Version(version),
        filename=wheel.name,
        location=f"{folder}/{wheel.name}",
        sha256=sha256_of(wheel),
    )


def pin(server: IndexServer, version: str) -> Pin:
    source = Source(kind=SourceKind.PYTORCH, location=server.pytorch_url)
    return Pin(project="torch", version=Version(version), tag="cu132", source=source, evidence=Evidence.BINARY)


def test_a_build_without_a_label_that_the_default_index_has_otherwise_is_refused(
    server: IndexServer, tmp_path: Path
) -> None:
    ours = make_wheel(tmp_path / "a", "torch", "2.15.0")
    server.add(make_wheel(tmp_path / "b", "torch", "2.15.0", files={"torch/x.py": ""}, requires=("absent",)), "pypi")
    locked = file(ours, "https://user:secret@mirror.example/whl/cu132")
    with pytest.raises(GpuenvError) as refused:
        check_agreement(question(server, tmp_path, pin(server, "2.15.0")), [locked])
    assert (refused.value.code, refused.value.context) == (
        "lock-wheel-two-hashes",
        {
            "wheel": ours.name,
            "first": "https://mirror.example/whl/cu132",
            "second": f"{server.simple_url}/files",
        },
    )


def test_the_same_content_elsewhere_and_a_label_of_its_own_are_no_fault(server: IndexServer, tmp_path: Path) -> None:
    same = make_wheel(tmp_path, "torch", "2.15.0")
    server.add(same, "pypi")
    check_agreement(question(server, tmp_path, pin(server, "2.15.0")), [file(same, "https://mirror.example")])
    asked = len(server.log)
    labelled = make_wheel(tmp_path, "torch", "2.15.0+cu132")
    check_agreement(question(server, tmp_path, pin(server, "2.15.0+cu132")), [file(labelled, "https://mirror.example")])
    assert len(server.log) == asked


def test_with_further_indexes_every_package_is_compared_and_what_is_there_only_is_passed_over(
    server: IndexServer, tmp_path: Path
) -> None:
    only = file(make_wheel(tmp_path / "a", "onlythere", "1.0"), "https://further.example/f")
    ours = file(make_wheel(tmp_path / "a", "six", "1.17.0"), "https://further.example/f")
    server.add(make_wheel(tmp_path / "b", "six", "1.17.0", files={"six.py": ""}), "pypi")
    with pytest.raises(GpuenvError, match="lock-wheel-two-hashes"):
        check_agreement(question(server, tmp_path, further="https://further.example/simple"), [only, ours])
    check_agreement(question(server, tmp_path), [only, ours])
