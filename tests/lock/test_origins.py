"""Where the packages of a lock come from."""

from __future__ import annotations

from pathlib import Path

from gpuenv.lock.origins import Origin, Origins, origins_of, read_origins
from gpuenv.lock.reading import parse_lock, read_lock

HEADER = """\
# gpuenv lock, format 1
# gpu: none
# platform: linux-x86_64
# python: 3.12
# matrix: 2026.11
#
"""
DATA = Path(__file__).parent.parent / "data" / "lock"


def origins(*lines: str) -> Origins:
    return origins_of(parse_lock(HEADER + "\n".join(lines) + "\n", is_pylock=False), folder=Path("/locks"))


def test_pages_of_projects_are_told_from_pages_of_all_and_from_folders() -> None:
    found = origins(
        "--find-links https://mirror.example/a/whl/cu130/torch/",
        "--find-links https://mirror.example/a/whl/nightly/cu132/torchvision/",
        "--find-links https://flat.example/whl/cu130/",
        "--find-links https://wheels.example/page.html",
        "--find-links ./copies",
        "",
        "torch==2.15.0+cu130 --hash=sha256:00",
        "torchvision==0.30.0+cu132 --hash=sha256:00",
        "triton==3.6.0+cu130 --hash=sha256:00",
        "sympy==1.14.0 --hash=sha256:00",
    )
    assert found == Origins(
        of_project={
            "torch": Origin(base="https://mirror.example/a/whl", tag="cu130"),
            "torchvision": Origin(base="https://mirror.example/a/whl", tag="nightly/cu132"),
            "triton": Origin(base="https://flat.example/whl", tag="cu130", is_flat=True),
        },
        shared=("https://wheels.example/page.html", "/locks/copies"),
    )


def test_a_lock_of_the_default_index_names_nothing() -> None:
    assert origins("torch===2.15.0 --hash=sha256:00") == Origins(of_project={}, shared=())


def test_a_pylock_names_the_index_of_each_package_and_the_folder_of_copies(tmp_path: Path) -> None:
    path = tmp_path / "pylock.gtx-1080-ti.toml"
    text = (DATA / path.name).read_text()
    path.write_text(text)
    found = read_origins(path, read_lock(path))
    assert found.of_project["torch"] == Origin(base="https://download.pytorch.org/whl", tag="cu126")
    assert "sympy" not in found.of_project
    assert found.shared == ()
