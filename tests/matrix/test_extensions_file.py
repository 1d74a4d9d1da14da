"""Releases of extensions are read with the torch, Python, CUDA and companions that each goes with."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.matrix.extensions_file import parse_extensions
from gpuenv.matrix.table import Table
from gpuenv.models.extension import Extension, ExtensionRelease


def parse(**row: object) -> Extension:
    told = {"package": "fast-knn", "wheels": ["pypi"], "binds_to_torch": True, "source_build": "without-wheel"}
    told |= {"import_check": "import fast_knn", "source": "fast-knn"}
    values = {"verified": "2026-11-21", "extension": [told | row], "sources": {"fast-knn": ["binary", "its wheels"]}}
    (found,) = parse_extensions(Table(values, file="extensions.toml")).extensions
    return found


def test_releases_come_newest_first_with_all_that_is_known_of_them() -> None:
    found = parse(
        torch={"0.9": "==2.8.0"},
        releases=[
            {
                "version": "1.0",
                "torch": "==2.14.0",
                "beside": ["torchvision==0.29.0"],
                "tags": ["cu12"],
                "page_tags": ["cu130"],
                "python": ">=3.11",
                "platforms": ["linux-x86_64"],
            },
            {"version": "1.1", "torch": ">=2.15"},
        ],
        wheels_for=[{"version": "1.0", "torch": "==2.9.*", "tags": ["cu128"]}],
    )
    newest = ExtensionRelease(version=Version("1.1"), torch=SpecifierSet(">=2.15"))
    exact = ExtensionRelease(
        version=Version("1.0"),
        torch=SpecifierSet("==2.14.0"),
        beside=(Requirement("torchvision==0.29.0"),),
        tags=("cu12",),
        page_tags=("cu130",),
        python=SpecifierSet(">=3.11"),
        platforms=("linux-x86_64",),
    )
    oldest = ExtensionRelease(version=Version("0.9"), torch=SpecifierSet("==2.8.0"))
    assert found.known_releases == (newest, exact, oldest)
    assert found.wheels_for == (
        ExtensionRelease(version=Version("1.0"), torch=SpecifierSet("==2.9.*"), tags=("cu128",)),
    )


@pytest.mark.parametrize(
    ("release", "place", "problem"),
    [
        ({"version": "1.0"}, "torch", "missing-key"),
        ({"version": "one", "torch": "==2.8.0"}, "version", "bad-value"),
        ({"version": "1.0", "torch": "2.8.0"}, "torch", "bad-value"),
        ({"version": "1.0", "torch": "==2.8.0", "beside": ["torchvision of then"]}, "beside", "bad-value"),
        ({"version": "1.0", "torch": "==2.8.0", "cuda": "12"}, "cuda", "unknown-key"),
        ({"version": "1.0", "torch": "==2.8.0", "tags": [12]}, "tags[0]", "wrong-type"),
    ],
)
def test_the_place_of_a_fault_is_named(release: dict[str, object], place: str, problem: str) -> None:
    with pytest.raises(GpuenvError) as caught:
        parse(releases=[release])
    assert caught.value.code == "matrix-invalid"
    assert (caught.value.context["place"], caught.value.context["problem"]) == (
        f"extension[0].releases[0].{place}",
        problem,
    )


@pytest.mark.parametrize(
    ("version", "tag", "is_index_read", "admits"),
    [
        ("2.10.0", "cu128", False, True),
        ("2.15.0", "cu126", False, True),
        ("2.15.0", "cu130", False, False),
        ("2.15.0", "cu130", True, True),
        ("2.15.0", "cu132", True, False),
        ("2.9.1", "cu128", True, False),
        ("2.16.0.dev20261101", "nightly/cu130", True, True),
    ],
)
def test_a_release_goes_with_builds_of_its_cuda_and_more_where_pytorchs_index_is_read(
    version: str, tag: str, *, is_index_read: bool, admits: bool
) -> None:
    release = ExtensionRelease(
        version=Version("0.0.35"), torch=SpecifierSet(">=2.10"), tags=("cu12",), page_tags=("cu130",)
    )
    assert release.admits(Version(version), tag, is_index_read=is_index_read) is admits
