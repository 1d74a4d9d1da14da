"""Manifests tell which files others changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.install.snapshots.manifest import (
    Differences,
    differences,
    parse_manifest,
    read_manifest,
    write_manifest,
)
from support.small_environments import site_packages_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_manifest_is_read_back_as_it_was_written(root: Path, tmp_path: Path) -> None:
    odd = site_packages_of(root) / "spaced \n name \udce4.py"  # a byte that is no UTF-8
    odd.write_text("")
    manifest = read_manifest(root)
    write_manifest(tmp_path / "manifest", manifest)
    assert parse_manifest((tmp_path / "manifest").read_text()) == manifest
    assert manifest[odd.relative_to(root).as_posix()][0] == 0
    assert manifest["lib64"] == "lib"


def test_every_kind_of_difference_is_seen(root: Path) -> None:
    site_packages = site_packages_of(root)
    for name in ("same.py", "edited.py", "removed.py"):
        (site_packages / name).write_text("1")
    (site_packages / "link").symlink_to("same.py")
    before = read_manifest(root)
    (site_packages / "edited.py").write_text("22")
    (site_packages / "removed.py").unlink()
    (site_packages / "added.py").write_text("")
    (site_packages / "__pycache__").mkdir()
    (site_packages / "__pycache__" / "same.pyc").write_text("")
    (site_packages / "link").unlink()
    (site_packages / "link").symlink_to("edited.py")
    below = f"{site_packages.relative_to(root).as_posix()}/"
    assert differences(before, read_manifest(root)) == Differences(
        added=(f"{below}added.py",),
        removed=(f"{below}removed.py",),
        changed=(f"{below}edited.py", f"{below}link"),
    )


def test_caches_are_listed_only_where_asked_for(root: Path) -> None:
    cache = site_packages_of(root) / "__pycache__"
    cache.mkdir()
    (cache / "a.pyc").write_text("")
    below = cache.relative_to(root).as_posix()
    assert read_manifest(root, with_caches=True).keys() - read_manifest(root).keys() == {f"{below}/a.pyc"}
