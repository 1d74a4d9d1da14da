from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from gpuenv.errors import GpuenvError
from gpuenv.index.folder import folder_of
from gpuenv.index.pages import read_project_page
from gpuenv.models.index import ProjectPage, Source, SourceKind
from gpuenv.models.settings import IndexSettings
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

TAGS = "cp312-cp312-manylinux_2_28_x86_64"


def page(location: str, tag: str | None, project: str = "torch") -> ProjectPage:
    kind = SourceKind.FIND_LINKS if tag is None else SourceKind.PYTORCH
    source = Source(kind=kind, location=location)
    return read_project_page(source, tag, project, settings=IndexSettings(), cache=None)


def test_a_flat_folder_is_read_with_sizes_and_addresses(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "torch", "2.9.0+cu130", tags=TAGS)
    make_wheel(tmp_path, "torchvision", "0.24.0+cu130", tags=TAGS)
    (tmp_path / "notes.txt").write_text("not a wheel", encoding="utf-8")
    found = page(str(tmp_path), None)
    assert [(found.filename, found.url, found.size_bytes, found.sha256) for found in found.wheels] == [
        (wheel.name, wheel.as_uri(), wheel.stat().st_size, None)
    ]
    assert found.is_flat


def test_a_file_url_names_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    wheel = make_wheel(folder, "torch", "2.9.0", tags=TAGS)
    assert [found.filename for found in page(folder.as_uri(), None).wheels] == [wheel.name]


def test_a_folder_laid_out_like_the_index_is_read_by_tag_and_project(tmp_path: Path) -> None:
    make_wheel(tmp_path / "cu126" / "torch", "torch", "2.9.0+cu126", tags=TAGS)
    make_wheel(tmp_path / "nightly" / "cu130" / "torch", "torch", "2.15.0.dev20260815+cu130", tags=TAGS)
    stable = page(str(tmp_path), "cu126")
    assert ([str(wheel.version) for wheel in stable.wheels], stable.is_flat) == (["2.9.0+cu126"], False)
    nightly = page(str(tmp_path), "nightly/cu130")
    assert [str(wheel.version) for wheel in nightly.wheels] == ["2.15.0.dev20260815+cu130"]


def test_a_folder_per_tag_is_read_flat(tmp_path: Path) -> None:
    make_wheel(tmp_path / "cu126", "torch", "2.9.0+cu126", tags=TAGS)
    make_wheel(tmp_path / "cu126", "torchvision", "0.24.0+cu126", tags=TAGS)
    found = page(str(tmp_path), "cu126")
    assert ([str(wheel.version) for wheel in found.wheels], found.is_flat) == (["2.9.0+cu126"], True)


def test_a_project_folder_is_found_in_any_spelling(tmp_path: Path) -> None:
    make_wheel(tmp_path / "cu130" / "Nvidia_Cublas", "nvidia-cublas", "13.1.0.3")
    assert len(page(str(tmp_path), "cu130", "nvidia-cublas").wheels) == 1


def test_a_missing_tag_is_an_empty_page(tmp_path: Path) -> None:
    (tmp_path / "cu126").mkdir()
    assert page(str(tmp_path), "cu118") == ProjectPage(
        source=Source(kind=SourceKind.PYTORCH, location=str(tmp_path)),
        tag="cu118",
        project=canonicalize_name("torch"),
        wheels=(),
    )


def test_an_index_written_as_files_is_read_through_its_pages(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "files", "torch", "2.9.0+cu126", tags=TAGS)
    project = tmp_path / "cu126" / "torch"
    project.mkdir(parents=True)
    link = f'<a href="../../files/{wheel.name.replace("+", "%2B")}#sha256={"a" * 64}">torch</a>'
    (project / "index.html").write_text(link, encoding="utf-8")
    found = page(str(tmp_path), "cu126").wheels
    assert [(found.filename, found.url, found.sha256) for found in found] == [(wheel.name, wheel.as_uri(), "a" * 64)]


def test_one_wheel_is_a_place_as_well(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "torch", "2.9.0", tags=TAGS)
    assert [found.filename for found in page(str(wheel), None).wheels] == [wheel.name]


def test_a_missing_folder_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(GpuenvError) as caught:
        page(str(tmp_path / "nowhere"), None)
    assert (caught.value.code, caught.value.context) == ("index-folder-missing", {"folder": str(tmp_path / "nowhere")})


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the rights of a folder do not bind this user")
def test_a_folder_without_rights_is_told_by_name(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    with pytest.raises(GpuenvError) as caught:
        page(str(tmp_path), None)
    tmp_path.chmod(0o700)
    assert caught.value.code == "index-folder-unreadable"


@pytest.mark.parametrize("location", ["https://example.com/whl", "http://127.0.0.1:1/"])
def test_an_address_is_no_folder(location: str) -> None:
    assert folder_of(location) is None
