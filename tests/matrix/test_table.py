"""Every fault of a matrix file is named with its file, place and problem."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuenv.errors import GpuenvError
from gpuenv.matrix.architectures_file import parse_architectures
from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.cuda_file import parse_cuda
from gpuenv.matrix.cudnn_file import parse_cudnn
from gpuenv.matrix.extensions_file import parse_extensions
from gpuenv.matrix.folder import parse_table
from gpuenv.matrix.gpus_file import parse_gpus
from gpuenv.matrix.manifest_file import parse_manifest
from gpuenv.matrix.onnxruntime_file import parse_onnxruntime
from gpuenv.matrix.table import Table
from gpuenv.matrix.torch_file import parse_torch

SMALL = Path(__file__).parent.parent / "data" / "matrix" / "small"

PARSERS = {
    "architectures.toml": parse_architectures,
    "cuda.toml": parse_cuda,
    "cudnn.toml": parse_cudnn,
    "extensions.toml": parse_extensions,
    "gpus.toml": parse_gpus,
    "manifest.toml": parse_manifest,
    "onnxruntime.toml": parse_onnxruntime,
    "torch.toml": parse_torch,
}


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "problem", "value"),
    [
        ("torch.toml", 'sass = "75 90a 120"', 'sass = "75 sm90x"', "release[0].build[1].sass", "bad-value", "75 sm90x"),
        ("torch.toml", 'sass = "75 90a 120"', 'sass = "75 75"', "release[0].build[1].sass", "bad-value", "75 75"),
        ("torch.toml", 'sass = "75 90a 120", ', "", "release[0].build[1].sass", "missing-key", None),
        ("torch.toml", 'sass = "75 90a 120"', "sass = 75", "release[0].build[1].sass", "wrong-type", "75"),
        ("torch.toml", "pypi = true, ", "pipy = true, ", "release[0].build[1].pipy", "unknown-key", None),
        ("torch.toml", "pypi = true, ", "pypi = 1, ", "release[0].build[1].pypi", "wrong-type", "1"),
        ("torch.toml", '"wheel listing"', '"wheel lsting"', "release[0].build[1].source", "unknown-source", "lsting"),
        ("torch.toml", '"linux-aarch64"', '"linux-arm64"', "release[0].build[0].platform", "bad-value", "linux-arm64"),
        (
            "torch.toml",
            'tag = "cu129"',
            'tag = "cu128"',
            "release[0].build[2]",
            "duplicate",
            "2.9.1+cu128 linux-x86_64",
        ),
        ("torch.toml", 'tag = "cu129"', 'tag = "rocm6"', "release[0].build[2].tag", "bad-value", "rocm6"),
        ("torch.toml", "cxx = 17", 'cxx = "17"', "release[0].cxx", "wrong-type", "17"),
        ("torch.toml", '"2.27.5"', '"2.27.x"', "release[0].nccl.cu128", "bad-value", "2.27.x"),
        ("torch.toml", "{ linux-x86_64 =", "{ linux-arm64 =", "release[0].triton.linux-arm64", "unknown-key", None),
        ("torch.toml", '"==3.5.1"', '"3.5.1"', "release[0].triton.linux-x86_64", "bad-value", "3.5.1"),
        ("torch.toml", 'ptxas = "12.8"', 'ptxas = "new"', "triton[0].ptxas", "bad-value", "new"),
        ("torch.toml", "keeps = 60", "keeps = true", "nightly[0].keeps", "wrong-type", "True"),
        (
            "extensions.toml",
            '"xformers"\nwheels',
            '"Xformers"\nwheels',
            "extension[0].package",
            "bad-value",
            "Xformers",
        ),
        ("extensions.toml", '"torch-geometric"', '"xformers"', "extension[1].package", "duplicate", "xformers"),
        ("extensions.toml", '"0.0.34"', '"newest"', "extension[0].torch.newest", "unknown-key", None),
        ("extensions.toml", '"without-wheel"', '"seldom"', "extension[0].source_build", "bad-value", "seldom"),
        ("extensions.toml", "note =", "remark =", "extension[0].remark", "unknown-key", None),
        ("torch.toml", '"3.10..3.14"', '"3.14..3.10"', "release[0].python", "bad-value", "3.14..3.10"),
        ("torch.toml", '"3.13t 3.14t"', '"3.13"', "release[0].free_threaded", "bad-value", "3.13"),
        ("torch.toml", '"2.9.1"\npython', '"2.9.1+cu128"\npython', "release[0].version", "bad-value", "2.9.1+cu128"),
        ("torch.toml", '"==2.9.1"', '"torch 2.9.1"', "companion[0].torch", "bad-value", "torch 2.9.1"),
        ("torch.toml", '"torchvision"', '"torchtext"', "companion[0].project", "bad-value", "torchtext"),
        ("torch.toml", "live = true", "live = true\nretention = 60", "nightly[0].retention", "unknown-key", None),
        ("torch.toml", '["binary", "torch', '["measured", "torch', "sources.wheel", "bad-value", "measured"),
        ("torch.toml", '["report", "a listing"]', '["report"]', "sources.listing", "bad-value", "['report']"),
        ("torch.toml", '"2026-12-01"', '"yesterday"', "verified", "bad-value", "yesterday"),
        ("torch.toml", '"2026-12-01"', "2026-12-01", "verified", "wrong-type", "2026-12-01"),
        ("torch.toml", "[[nightly]]", "[[nigthly]]", "nigthly", "unknown-key", None),
        ("cuda.toml", '"570.26"', '"R570"', "toolkit[0].driver_linux", "bad-value", "R570"),
        ("cuda.toml", '"13.5"', '"14.0"', "toolkit[2].version", "bad-value", "14.0 without [floor.14]"),
        ("architectures.toml", '"7.5"', '"12.0"', "architecture[1].capability", "duplicate", "12.0"),
        ("architectures.toml", "= 570", '= "570"', "architecture[0].minimum_driver_branch", "wrong-type", "570"),
        ("onnxruntime.toml", "cudnn = 9", "cudnn = true", "build[0].cudnn", "wrong-type", "True"),
        ("cudnn.toml", "[12, 13]", '["12"]', "cudnn[0].cuda_majors[0]", "wrong-type", "12"),
        ("gpus.toml", '"2C05"', '"0x2C05"', "group[0].gpu[0]", "bad-value", "0x2C05"),
        ("gpus.toml", '"2C05", "ids"', '"2C05"', "group[0].gpu[0]", "bad-value", "2 cells instead of 3"),
        ("manifest.toml", '"2026.12"', '"next"', "version", "bad-value", "next"),
        ("manifest.toml", "schema = 1\n", "", "schema", "missing-key", None),
    ],
)
def test_a_fault_is_named_with_file_place_and_problem(
    file: str, old: str, new: str, place: str, problem: str, value: str | None, tmp_path: Path
) -> None:
    folder = tmp_path / "matrix"
    shutil.copytree(SMALL, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(GpuenvError) as caught:
        load_matrix(str(folder), cwd=tmp_path)
    assert (caught.value.code, caught.value.context) == (
        "matrix-invalid",
        {"file": str(folder / file), "place": place, "problem": problem, "value": value},
    )
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'verified = "2026-12-01"\n\n[[release]\n', 3),
        (b'verified = "2026', 1),
        (b"a = 1\nb = [1,\n", 3),
        (b"a = 1\nb = '\xff'\n", 2),
        (b"a = 1\na = 2\n", 2),
        (b"a = " + b"[" * 100_000, 1),
    ],
)
def test_broken_toml_is_named_with_its_line(content: bytes, line: int) -> None:
    with pytest.raises(GpuenvError) as caught:
        parse_table(content, file="torch.toml")
    assert caught.value.code == "matrix-not-toml"
    assert (caught.value.context["file"], caught.value.context["line"]) == ("torch.toml", line)


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(max_size=8),
        st.sampled_from(
            ["2.9.1", "cu128", "75 90", "3.10..3.14", "release", "binary", "2026-12-01", "sm_90a", "570.26"]
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@pytest.mark.parametrize("file", PARSERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_content_of_a_file_ends_in_anything_but_a_coded_error(file: str, data: st.DataObject) -> None:
    """One value somewhere in a sound file is replaced by another, of any type."""
    root: dict[str, Any] = dict(parse_table((SMALL / file).read_bytes(), file=file)._values)
    _replace_somewhere(root, data)
    code = None
    try:
        PARSERS[file](Table(root, file=file))
    except GpuenvError as error:
        code = error.code
    assert code in {None, "matrix-invalid", "matrix-schema-unsupported"}


def _replace_somewhere(root: dict[str, Any], data: st.DataObject) -> None:
    place: Any = root
    while True:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            place[key] = data.draw(values)
            return
        place = inner
