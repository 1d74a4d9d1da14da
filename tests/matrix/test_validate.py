"""Validation finds changed files and rows that contradict each other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.matrix.validate import validate_folder
from gpuenv.models.notice import Notice

SMALL = Path(__file__).parent.parent / "data" / "matrix" / "small"
SEAL = Path(__file__).parents[2] / "scripts" / "seal_matrix.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "matrix"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def seal(folder: Path) -> None:
    subprocess.run([sys.executable, str(SEAL), str(folder)], check=True, capture_output=True)


def test_a_sound_matrix_has_no_problems() -> None:
    assert validate_folder(SMALL) == ()


def test_a_file_that_differs_from_the_released_one_is_named_with_both_sums(folder: Path) -> None:
    change(folder / "cudnn.toml", 'verified = "2026-12-01"', 'verified = "2026-12-03"')
    (problem,) = validate_folder(folder)
    assert problem.code == "matrix-checksum-differs"
    assert problem.context["file"] == str(folder / "cudnn.toml")
    assert problem.context["found"] != problem.context["expected"]


def test_a_sealed_change_is_sound_again(folder: Path) -> None:
    change(folder / "cudnn.toml", 'verified = "2026-12-01"', 'verified = "2026-12-03"')
    seal(folder)
    assert validate_folder(folder) == ()


def test_a_file_that_the_manifest_does_not_list_is_named(folder: Path) -> None:
    (folder / "stray.toml").write_text("", encoding="utf-8")
    assert validate_folder(folder) == (Notice.of("matrix-file-unlisted", file=str(folder / "stray.toml")),)


def test_a_file_that_is_listed_and_missing_is_an_error(folder: Path) -> None:
    (folder / "cudnn.toml").unlink()
    with pytest.raises(GpuenvError) as caught:
        validate_folder(folder)
    assert (caught.value.code, caught.value.context) == ("matrix-file-missing", {"file": str(folder / "cudnn.toml")})


@pytest.mark.parametrize(
    ("file", "old", "new", "row", "problem"),
    [
        ("torch.toml", 'tag = "cu129"', 'tag = "cu134"', "2.9.1+cu134 linux-x86_64", "tag-without-toolkit"),
        ("torch.toml", "75 90a 120", "75 80 120", "2.9.1+cu128 linux-x86_64", "unknown-capability"),
        ("torch.toml", "75 90a 120", "", "2.9.1+cu128 linux-x86_64", "no-code"),
        ("torch.toml", "official = false", "pypi = true", "2.9.1 linux-x86_64", "several-builds-on-pypi"),
        ("torch.toml", "official = false", "pytorch = false", "2.9.1+cu129 linux-x86_64", "nowhere-published"),
        ("torch.toml", '"==2.9.1"', '"==2.10.0"', "torchvision 0.24.1", "pairs-with-no-torch"),
        ("torch.toml", '"nightly/cu132"', '"cu132"', "cu132", "not-a-nightly-tag"),
        ("torch.toml", "[sources]", '[sources]\nspare = ["report", "nothing"]', "spare", "unused-source"),
        ("cuda.toml", '"75 90 100 120"', '"75 90 120"', "2.9.1+cu128 linux-x86_64", None),
        ("cuda.toml", '"75 90 100 120"', '"75 90"', "2.9.1+cu128 linux-x86_64", "code-not-of-its-toolkit"),
        ("cuda.toml", '"75 90 100 120"', '"75 90 120 121"', "12.8", "unknown-capability"),
        ("onnxruntime.toml", '"12.8"', '"12.7"', "1.22.0 linux-x86_64", "tag-without-toolkit"),
        ("cudnn.toml", '"12.0"', '"5.0"', "9.11.0", "empty-range"),
        ("torch.toml", '"==3.5.1"', '"==3.6.0"', "2.9.1+cu128 linux-x86_64", "depends-on-unknown-triton"),
        ("torch.toml", 'ptxas = "12.8"', 'ptxas = "12.1"', "triton 3.5.1", "tag-without-toolkit"),
        ("extensions.toml", '"75 90a"', '"75 80"', "xformers", "unknown-capability"),
        ("extensions.toml", "[sources]", '[sources]\nspare = ["report", "nothing"]', "spare", "unused-source"),
        ("gpus.toml", '"12.0"', '"3.0"', "NVIDIA GeForce RTX 5070 Ti", "unknown-capability"),
    ],
)
def test_rows_that_contradict_others_are_named(
    file: str, old: str, new: str, row: str, problem: str | None, folder: Path
) -> None:
    change(folder / file, old, new)
    seal(folder)
    found = {(notice.code, notice.context["row"], notice.context["problem"]) for notice in validate_folder(folder)}
    if problem is None:
        assert found == set()
    else:
        assert ("matrix-row-inconsistent", row, problem) in found


def test_releases_out_of_order_are_named(folder: Path) -> None:
    text = (folder / "torch.toml").read_text(encoding="utf-8")
    older = text[text.index("[[release]]") : text.index("[[companion]]")].replace(
        'version = "2.9.1"', 'version = "2.9.0"'
    )
    change(folder / "torch.toml", "[[companion]]", f"{older}\n[[companion]]")
    seal(folder)
    assert validate_folder(folder) == (
        Notice.of("matrix-row-inconsistent", file=str(folder / "torch.toml"), row="release", problem="not-sorted"),
    )
