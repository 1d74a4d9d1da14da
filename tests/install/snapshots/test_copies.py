"""Where links are refused only what a change can touch is copied, and a list tells the rest."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import RollbackFailedError
from gpuenv.install.change import change
from gpuenv.install.recovery import recover
from support.meddling import PROJECTS, furnish, meddle, refuse_links
from support.small_environments import make_venv, picture, site_packages_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def test_only_the_files_of_touched_distributions_are_copied(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(root)
    (site_packages_of(root) / "other" / "large.bin").write_bytes(b"\0" * 3_000_000)
    (root / "bin" / "large").write_bytes(b"\0" * 3_000_000)
    refuse_links(monkeypatch)
    with change(root, projects=PROJECTS) as ongoing:
        copied = {path.relative_to(root / ".gpuenv/changes/0001/snapshot").as_posix() for path in walk(root)}
    below = site_packages_of(root).relative_to(root).as_posix()
    assert {f"{below}/old/__init__.py", f"{below}/old/data.bin", "bin/old-script", "pyvenv.cfg"} <= copied
    assert f"{below}/old-1.0.dist-info/RECORD" in copied
    # That of the other package is small and could be a namespace's, which several distributions write.
    assert {path for path in copied if "other" in path} == {f"{below}/other/__init__.py"}
    assert "bin/large" not in copied
    assert ongoing.snapshot_size is not None
    assert (ongoing.snapshot_size.linked_files, ongoing.snapshot_size.copied_files) == (0, len(copied))
    assert 5000 < ongoing.snapshot_size.copied_bytes < 1_000_000


def walk(root: Path) -> list[Path]:
    snapshot = root / ".gpuenv" / "changes" / "0001" / "snapshot"
    return [path for path in snapshot.rglob("*") if not path.is_dir()]


def test_a_foreign_change_meanwhile_is_named_once_with_the_command_that_mends_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture(furnish(root))
    refuse_links(monkeypatch)
    foreign = site_packages_of(root) / "other" / "__init__.py"
    foreign.with_name("lost.py").write_text("lost\n")
    with (foreign.parent.with_name("other-1.0.dist-info") / "RECORD").open("a") as record:
        record.write("other/lost.py,,\n")
    before = picture(root)

    def fail() -> None:
        with change(root, projects=PROJECTS):
            meddle(root)
            foreign.write_text("edited meanwhile")
            foreign.with_name("lost.py").unlink()

    with pytest.raises(RollbackFailedError) as caught:
        fail()
    lost = foreign.with_name("lost.py").relative_to(root).as_posix()
    assert (caught.value.code, caught.value.exit_code) == ("rollback-incomplete", 5)
    assert caught.value.context == {"environment": str(root), "files": (lost,), "packages": "other==1.0"}
    assert before.keys() - picture(root).keys() == {lost}
    assert not recover(root), "all that could be put back is back"


@pytest.fixture
def layered(tmp_path: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """An environment in the lower layer of an overlay, as in a container that was built on an image."""
    furnish(make_venv(tmp_path / "image" / "env", environ))
    for name in ("upper", "work", "merged"):
        (tmp_path / name).mkdir()
    layers = f"lowerdir={tmp_path}/image,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    mount = ["mount", "-t", "overlay", "overlay", "-o", layers, str(tmp_path / "merged")]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("an overlay can be mounted by root only")
    yield tmp_path / "merged" / "env"
    subprocess.run(["umount", tmp_path / "merged"], check=True)


def test_on_an_overlay_nothing_is_linked_and_the_way_back_works(layered: Path, tmp_path: Path) -> None:
    large = site_packages_of(layered) / "other" / "large.bin"
    before = picture(layered)
    with change(layered, projects=PROJECTS) as ongoing:
        meddle(layered)
    assert picture(layered) == before
    assert ongoing.snapshot_size is not None
    assert ongoing.snapshot_size.linked_files == 0
    assert not (tmp_path / "upper" / large.relative_to(tmp_path / "merged")).exists(), "copied up"
