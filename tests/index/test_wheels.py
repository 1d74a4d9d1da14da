from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.index.listing import Link
from gpuenv.index.wheels import indexed_wheels
from gpuenv.models.index import IndexedWheel

TORCH = canonicalize_name("torch")


def test_a_wheel_with_a_build_tag_and_a_local_label_is_read_in_full() -> None:
    link = Link(
        filename="torch-2.10.0+cu130-3-cp311-cp311-manylinux_2_28_x86_64.whl",
        url="https://example.com/a.whl",
        sha256="ab",
        size_bytes=5,
        requires_python=">=3.10",
        is_yanked=True,
    )
    assert indexed_wheels([link], TORCH) == (
        IndexedWheel(
            name=TORCH,
            version=Version("2.10.0+cu130"),
            build=(3, ""),
            tags=frozenset({Tag("cp311", "cp311", "manylinux_2_28_x86_64")}),
            filename=link.filename,
            url=link.url,
            sha256="ab",
            size_bytes=5,
            requires_python=SpecifierSet(">=3.10"),
            is_yanked=True,
        ),
    )


def test_what_is_no_wheel_of_the_project_is_left_out_and_the_order_stays() -> None:
    names = [
        "torch-2.9.0+cpu-cp311-cp311-win_amd64.whl",
        "torch-1.0.0.dev20181002-py3.7-linux.whl",
        "torch-2.9.0.tar.gz",
        "torch-nonsense-cp311-cp311-win_amd64.whl",
        "torchvision-0.24.0-cp311-cp311-win_amd64.whl",
        "Torch-2.8.0-cp311-cp311-win_amd64.whl",
    ]
    found = indexed_wheels([Link(filename=name, url=name) for name in names], TORCH)
    assert [str(wheel.version) for wheel in found] == ["2.9.0+cpu", "2.8.0"]


def test_a_python_range_that_does_not_parse_says_nothing() -> None:
    link = Link(filename="torch-2.9.0-cp311-cp311-win_amd64.whl", url="x", requires_python="3.10 or so")
    assert indexed_wheels([link], TORCH)[0].requires_python is None
