from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.errors import UsageError
from gpuenv.project.requirement_files import parse_requirement, read_requirement_files

SAMPLE = (Path(__file__).parent.parent / "data" / "project" / "requirements.txt").read_text(encoding="utf-8")


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def summary(folder: Path, name: str, environ: dict[str, str] | None = None) -> list[tuple[int, str, str | None, str]]:
    lines = read_requirement_files([name], cwd=folder, environ=environ)
    return [(line.line, line.kind, line.requirement.name if line.requirement else None, line.text) for line in lines]


def test_every_kind_of_line_is_told_apart(tmp_path: Path) -> None:
    write(tmp_path, requirements=SAMPLE, limits="numpy<3\n")
    hashes = " ".join(f"{' ' * 4}--hash=sha256:{digit * 64}" for digit in "01")
    assert summary(tmp_path, "requirements.txt", {"TOKEN": "secret"}) == [
        (2, "requirement", "torch", 'torch>=2.8,<2.10 ; python_version >= "3.10"'),
        (3, "requirement", "torchvision", f"torchvision==0.24.0 {hashes}"),
        (6, "requirement", "onnxruntime-gpu", "onnxruntime-gpu[cuda,cudnn]"),
        (7, "requirement", "ONNXRuntime", "ONNXRuntime"),
        (10, "requirement", "numpy", 'numpy>=1.26 --config-settings="a=b"'),
        (11, "requirement", "easyocr", "easyocr @ https://files.example/easyocr-1.7.2-py3-none-any.whl#sha256=22"),
        (12, "unnamed", None, "git+https://secret@git.example/team/tool.git@v1"),
        (13, "unnamed", None, "./local/package"),
        (14, "unnamed", None, "wheels/some_tool-1.0-py3-none-any.whl"),
        (15, "unnamed", None, "-e .[dev]"),
        (16, "option", None, "--extra-index-url https://one.example/simple"),
        (1, "constraint", "numpy", "numpy<3"),
    ]


def test_the_family_is_parted_from_the_rest(tmp_path: Path) -> None:
    write(tmp_path, requirements=SAMPLE, limits="torch<3\nnumpy<3\n")
    lines = read_requirement_files(["requirements.txt"], cwd=tmp_path)
    family, others = ([line for line in lines if line.is_family is wanted] for wanted in (True, False))
    assert [str(line.requirement) for line in family] == [
        'torch<2.10,>=2.8; python_version >= "3.10"',
        "torchvision==0.24.0",
        "onnxruntime-gpu[cuda,cudnn]",
        "ONNXRuntime",
        "torch<3",
    ]
    assert len(others) == 8


def test_included_files_lie_beside_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path, top="-r deep/a.txt\n--requirement=deep/a.txt\n-rdeep/a.txt\nsix\n")
    write(tmp_path / "deep", a="--constraint 'b.txt'\ntorch\n", b="-r c.txt\n", c="numpy<2\n")
    expected = [(1, "constraint", "numpy", "numpy<2"), (2, "requirement", "torch", "torch")] * 3
    assert summary(tmp_path, "top.txt") == [*expected, (4, "requirement", "six", "six")]


def test_the_text_of_a_line_is_not_shown_by_its_repr(tmp_path: Path) -> None:
    write(tmp_path, a="git+https://user:secret@git.example/x\n")
    assert "secret" not in repr(read_requirement_files(["a.txt"], cwd=tmp_path))


def test_an_unknown_variable_stays_as_it_is_written(tmp_path: Path) -> None:
    write(tmp_path, a="--index-url https://${TOKEN}@one.example\n")
    assert summary(tmp_path, "a.txt")[0][3] == "--index-url https://${TOKEN}@one.example"


def test_a_comment_line_ends_a_continued_line(tmp_path: Path) -> None:
    write(tmp_path, a="torch \\\n# not part of it \\\nsix\\\n")
    assert summary(tmp_path, "a.txt") == [(1, "requirement", "torch", "torch"), (3, "requirement", "six", "six")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_written_on_windows_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("# 显卡\r\ntorch==2.9.0\r\n".encode(encoding))
    assert summary(tmp_path, "a.txt") == [(2, "requirement", "torch", "torch==2.9.0")]


def test_a_line_that_does_not_parse_is_told_with_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, a="six\n\ntorch=2.9\n")
    with pytest.raises(UsageError) as caught:
        read_requirement_files(["a.txt"], cwd=tmp_path)
    facts = dict(caught.value.context)
    assert facts.pop("detail")
    assert (caught.value.code, facts) == (
        "requirement-line-invalid",
        {"requirement": "torch=2.9", "file": str(tmp_path / "a.txt"), "line": 3},
    )


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_requirement_files(["none.txt"], cwd=tmp_path)
    expected = ("requirement-file-missing", {"file": str(tmp_path / "none.txt")})
    assert (caught.value.code, caught.value.context) == expected


def test_a_missing_included_file_is_told_with_the_one_that_names_it(tmp_path: Path) -> None:
    write(tmp_path, a="-c none.txt\n")
    with pytest.raises(UsageError) as caught:
        read_requirement_files(["a.txt"], cwd=tmp_path)
    assert (caught.value.code, caught.value.context) == (
        "requirement-file-missing-nested",
        {"file": str(tmp_path / "none.txt"), "named_in": str(tmp_path / "a.txt")},
    )


def test_a_file_that_includes_itself_is_told(tmp_path: Path) -> None:
    write(tmp_path, a="-r b.txt\n", b="-r a.txt\n")
    with pytest.raises(UsageError) as caught:
        read_requirement_files(["a.txt"], cwd=tmp_path)
    assert caught.value.code == "requirement-file-includes-itself"


def test_a_folder_or_other_bytes_are_no_requirement_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\x80\x81")
    for name in ("a.txt", "."):
        with pytest.raises(UsageError) as caught:
            read_requirement_files([name], cwd=tmp_path)
        assert caught.value.code == "requirement-file-unreadable"


@pytest.mark.parametrize("text", ["torch<2.10", "torch===2.13.0", "onnxruntime-gpu[cuda]>=1.20", "torch==2.9.*"])
def test_a_requirement_of_the_command_line_is_read(text: str) -> None:
    assert parse_requirement(text).name in {"torch", "onnxruntime-gpu"}


@pytest.mark.parametrize("text", ["", "torch=2.9", "torch >", "torch[", "!", "torch; python_version >> '3'"])
def test_what_is_no_requirement_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_requirement(text)
    assert (caught.value.code, caught.value.context["requirement"]) == ("requirement-invalid", text)
