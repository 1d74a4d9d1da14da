"""Distributions and the files that they own are known by their `dist-info` folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.install.records import owned_paths, owners_of, records_of, versions_in
from gpuenv.install.snapshots.manifest import read_manifest
from support.small_environments import site_packages_of

if TYPE_CHECKING:
    from pathlib import Path


def test_distributions_are_known_by_their_dist_info_folders(root: Path) -> None:
    info = site_packages_of(root) / "Some_Thing-2.0+cu126.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("")
    (info / "RECORD").write_text("some/a.py,,\n../../../bin/some,,\n")
    below = site_packages_of(root).relative_to(root).as_posix()
    assert versions_in(read_manifest(root)) == {"some-thing": "2.0+cu126"}
    assert list(owned_paths(root, f"{below}/{info.name}/RECORD")) == [f"{below}/some/a.py", "bin/some"]
    assert records_of({"some-thing", "other"}, read_manifest(root)) == (f"{below}/{info.name}/RECORD",)
    assert owners_of(root, [f"{below}/some/a.py", "lib/unowned.py"]) == ("some-thing==2.0+cu126",)
    assert owners_of(root, ["lib/unowned.py"]) == ()


def test_what_a_package_carries_inside_is_no_distribution_of_the_environment(root: Path) -> None:
    below = site_packages_of(root).relative_to(root).as_posix()
    assert versions_in([f"{below}/setuptools/_vendor/wheel-1.0.dist-info/METADATA"]) == {}
