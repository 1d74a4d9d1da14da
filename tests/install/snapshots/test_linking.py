"""Whether links can be made is tried, and known for file systems that would copy."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gpuenv.install.snapshots.linking import can_link, parse_file_system
from gpuenv.install.snapshots.snapshot import held_bytes, take_snapshot
from support.meddling import furnish, refuse_links
from support.small_environments import picture, site_packages_of

SAMPLE = Path(__file__).parents[2] / "data" / "install" / "mountinfo.txt"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/env", "ext4"),
        ("/var/lib/docker/overlay2/abc/merged/env", "overlay"),
        ("/mnt/with space/env", "vfat"),
        ("/mnt/with spaces/env", "ext4"),
        ("/mnt/twice/env", "tmpfs"),
    ],
)
def test_the_nearest_and_last_mount_counts(path: str, kind: str) -> None:
    assert parse_file_system(SAMPLE.read_text(), path) == kind


def test_without_mounts_nothing_is_known() -> None:
    assert parse_file_system("garbage\n", "/env") is None


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_links_are_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib").mkdir()
    assert can_link(tmp_path, ["lib"], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lib"]
    refuse_links(monkeypatch)
    assert not can_link(tmp_path, ["lib"], tmp_path)


@pytest.mark.parametrize("by_descriptor", [True, False])
def test_a_snapshot_has_links_modes_and_symlinks(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_descriptor: bool
) -> None:
    furnish(root)
    locked = site_packages_of(root) / "old" / "locked"
    locked.mkdir(mode=0o555)
    monkeypatch.setattr("gpuenv.install.snapshots.linking._HAS_DESCRIPTORS", by_descriptor)
    size = take_snapshot(root, tmp_path / "snapshot")
    of_trees = {path: found for path, found in picture(root).items() if path.split("/")[0] in {"bin", "lib", "lib64"}}
    assert {path: found for path, found in picture(tmp_path / "snapshot").items() if path != "pyvenv.cfg"} == of_trees
    copied = tmp_path / "snapshot" / locked.parent.relative_to(root) / "data.bin"
    assert copied.samefile(locked.parent / "data.bin")
    assert size.copied_files == 1  # pyvenv.cfg, which people edit in place
    assert held_bytes(tmp_path / "snapshot") == size.copied_bytes == (root / "pyvenv.cfg").stat().st_size
    (locked.parent / "data.bin").unlink()
    assert held_bytes(tmp_path / "snapshot") == 5000 + size.copied_bytes


def test_one_file_with_too_many_links_is_copied(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(root)
    link = os.link

    def refuse(source: str, target: str, **options: object) -> None:
        if str(source).endswith("data.bin"):
            raise OSError(31, "Too many links")
        link(source, target, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", refuse)
    size = take_snapshot(root, tmp_path / "snapshot")
    assert size.copied_files == 2
    kept = tmp_path / "snapshot" / site_packages_of(root).relative_to(root) / "old" / "data.bin"
    assert kept.read_bytes() == b"\0" * 5000
