"""Of the true names on the pages of extensions, the one for this torch, CUDA, Python and platform is found."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.settings import IndexSettings
from gpuenv.rules.wheel_tags import supported_tags
from gpuenv.workflow.builds.prebuilt import page_wheels
from support.machines import matrix

if TYPE_CHECKING:
    from gpuenv.models.platform import PlatformName

LISTINGS: Final = Path(__file__).parents[2] / "data" / "index" / "extensions.csv"


def pages(folder: Path) -> Path:
    """Lay the pages out as folders of empty files: names are all that is looked at."""
    with LISTINGS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            page = folder / row["page"]
            page.mkdir(parents=True, exist_ok=True)
            (page / row["filename"]).touch()
    return folder


@pytest.mark.parametrize(
    ("requirement", "torch", "tag", "platform", "python", "found"),
    [
        ("flash-attn", "2.8.0", "cu128", "linux-x86_64", "3.12", "2.8.3.post1+cu12torch2.8cxx11abitrue"),
        ("flash-attn==2.8.3", "2.8.0", "cu129", "linux-x86_64", "3.12", "2.8.3+cu12torch2.8cxx11abitrue"),
        ("flash-attn", "2.5.1", "cu124", "linux-x86_64", "3.10", "2.8.3.post1+cu12torch2.5cxx11abifalse"),
        ("flash-attn", "2.9.1", "cu128", "linux-x86_64", "3.12", "2.8.3+cu12torch2.9cxx11abitrue"),
        ("flash-attn", "2.9.1", "cu130", "linux-x86_64", "3.12", "2.8.3+cu13torch2.9cxx11abitrue"),
        ("flash-attn", "2.10.0", "cu130", "linux-x86_64", "3.12", "2.8.3+cu13torch2.10cxx11abitrue"),
        ("flash-attn", "2.9.1", "cu128", "linux-aarch64", "3.12", "2.8.3+cu12torch2.9cxx11abitrue"),
        ("flash-attn", "2.10.0", "cu128", "linux-x86_64", "3.12", None),
        ("flash-attn", "2.8.0", "cu128", "windows-x86_64", "3.12", None),
        ("flash-attn", "2.15.0", "cu130", "linux-x86_64", "3.12", None),
        ("torch-scatter", "2.12.1", "cu130", "linux-x86_64", "3.12", "2.1.2+pt212cu130"),
        ("torch-scatter", "2.12.1", "cu130", "windows-x86_64", "3.12", None),
        ("torch-scatter", "2.9.1", "cu128", "windows-x86_64", "3.12", "2.1.2+pt29cu128"),
        ("torch-scatter", "2.12.0", "cu126", "linux-x86_64", "3.12", None),
        ("torch-sparse", "2.11.0", "cu130", "linux-x86_64", "3.14", "0.6.18+pt211cu130"),
        ("torch-cluster", "2.11.0", "cu130", "linux-x86_64", "3.12", "1.6.3+pt211cu130"),
        ("torch-cluster", "2.12.0", "cu130", "linux-x86_64", "3.12", None),
        ("pyg-lib", "2.8.0", "cu128", "linux-x86_64", "3.12", "0.6.0+pt28cu128"),
        ("pyg-lib<0.6", "2.8.0", "cu128", "linux-x86_64", "3.12", "0.5.0+pt28cu128"),
        ("mmcv", "2.4.1", "cu121", "linux-x86_64", "3.12", "2.2.0"),
        ("mmcv", "2.4.1", "cu124", "linux-x86_64", "3.12", None),
        ("mmcv", "2.3.1", "cu121", "windows-x86_64", "3.11", "2.2.0"),
        ("mmcv", "2.4.0", "cu121", "linux-x86_64", "3.13", None),
        ("gsplat", "2.4.1", "cu124", "windows-x86_64", "3.10", "1.5.3+pt24cu124"),
        ("gsplat<1.5", "2.2.2", "cu118", "linux-x86_64", "3.10", "1.4.0+pt22cu118"),
        ("gsplat", "2.4.1", "cu124", "linux-x86_64", "3.12", None),
        ("xformers==0.0.32.post1", "2.8.0", "cu128", "linux-x86_64", "3.13", "0.0.32.post1"),
        ("xformers==0.0.33.post1", "2.9.0", "cu128", "windows-x86_64", "3.12", "0.0.33.post1"),
        ("xformers==0.0.32.post1", "2.8.0", "cu129", "linux-x86_64", "3.13", None),
    ],
)
def test_the_wheel_for_a_torch_is_found_by_its_name(
    requirement: str, torch: str, tag: str, platform: PlatformName, python: str, found: str | None, tmp_path: Path
) -> None:
    asked = Requirement(requirement)
    (row,) = (row for row in matrix().extensions if row.package == asked.name)
    tags = supported_tags(Platform(name=platform, glibc=(2, 39)), PythonVersion.parse(python))
    listed = pages(tmp_path)
    versions = [
        str(wheel.version)
        for page in row.wheels
        if page != "pypi"
        for _, wheel in page_wheels(
            page.replace("https:/", str(listed)), asked, Version(torch), tag, tags=tags, settings=IndexSettings()
        )
    ]
    assert next(iter(versions), None) == found


def test_what_the_matrix_knows_of_wheels_is_what_the_pages_list() -> None:
    with LISTINGS.open(encoding="utf-8", newline="") as file:
        names = [row["filename"] for row in csv.DictReader(file)]
    for row in matrix().extensions:
        project = row.package.replace("-", "_")
        listed = {name.split("-")[1].partition("+")[0] for name in names if name.startswith(f"{project}-")}
        told = {str(release.version) for release in row.wheels_for}
        assert told <= listed, row.package
