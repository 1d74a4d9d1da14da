"""Files that are missing or not as recorded are found, and only those that a change can have broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from gpuenv.install.snapshots.manifest import read_manifest
from gpuenv.install.soundness import damages, leftovers, recorded_paths
from gpuenv.models.notice import Notice
from support.small_environments import read_small, site_packages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DEP, TORCH = canonicalize_name("dep"), canonicalize_name("torch")


@pytest.fixture
def filled(root: Path) -> Path:
    """An environment with two distributions that own a file together."""
    site_packages = site_packages_of(root)
    shared = "shared/both.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
    for name in ("dep", "torch"):
        (site_packages / name).mkdir()
        (site_packages / name / "__init__.py").write_text("x = 1\n")
        info = site_packages / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        digest = "sha256=vevgjNE8_dXkJP7Qd3R8KkFWFnL2mS_b6C4hG8fK0kU"
        (info / "RECORD").write_text(
            f"{name}/__init__.py,{digest},6\n{name}/__pycache__/x.pyc,,\n{info.name}/RECORD,,\n{shared}"
        )
    (site_packages / "shared").mkdir()
    (site_packages / "shared" / "both.py").write_text("")
    return root


def damage_of(root: Path, *, taken: frozenset[str] = frozenset(), checks_hashes: bool = False) -> tuple[Notice, ...]:
    return damages(read_small(root), read_manifest(root), touched={TORCH}, taken=taken, checks_hashes=checks_hashes)


def test_a_whole_environment_has_no_damage(filled: Path) -> None:
    assert damage_of(filled) == ()


@pytest.mark.parametrize(
    "break_it", [lambda file: file.unlink(), lambda file: file.write_text("longer than before\n")], ids=["gone", "size"]
)
def test_what_a_change_installed_has_to_be_as_recorded(filled: Path, break_it: Callable[[Path], object]) -> None:
    break_it(site_packages_of(filled) / "torch" / "__init__.py")
    break_it(site_packages_of(filled) / "dep" / "__init__.py")  # the user's own doing: not touched by the change
    (found,) = damage_of(filled)
    assert found == Notice.of("outcome-damaged", package="torch", version="1.0", files=("torch/__init__.py",))


def test_a_file_that_another_owner_took_along_is_missed(filled: Path) -> None:
    taken = recorded_paths(read_small(filled), {TORCH})
    (site_packages_of(filled) / "shared" / "both.py").unlink()
    found = damages(read_small(filled), read_manifest(filled), touched=frozenset(), taken=taken)
    assert [(notice.context["package"], notice.context["files"]) for notice in found] == [
        ("dep", ("shared/both.py",)),
        ("torch", ("shared/both.py",)),
    ]


def test_content_is_compared_only_on_demand(filled: Path) -> None:
    (site_packages_of(filled) / "shared" / "both.py").write_text("")
    assert damage_of(filled) == ()
    (found,) = damage_of(filled, checks_hashes=True)
    assert found.context["files"] == ("torch/__init__.py",)  # its recorded hash is of another content


def test_remains_of_half_done_work_are_named(filled: Path, environ: Mapping[str, str]) -> None:
    del environ
    before = read_small(filled)
    (site_packages_of(filled) / "~orch").mkdir()
    assert leftovers(read_small(filled), before) == (
        Notice.of("outcome-remnant", path=str(site_packages_of(filled) / "~orch")),
    )
    assert leftovers(read_small(filled), read_small(filled)) == ()
