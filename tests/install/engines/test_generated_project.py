"""Each member of the family comes from its own source and from nowhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from packaging.version import Version

from gpuenv.install.engines.generated_project import ExplicitIndex, explicit_indexes, flat_locations, project_text
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.resolution import Pin

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

PYPI = Source(kind=SourceKind.PYPI)
PYTORCH = Source(kind=SourceKind.PYTORCH, location="https://mirror.example/whl/")


def pin(project: str, version: str, tag: str | None, source: Source) -> Pin:
    return Pin(project=project, version=Version(version), tag=tag, source=source, evidence=Evidence.BINARY)


def test_sources_become_explicit_indexes() -> None:
    pins = (
        pin("torch", "2.0+cu126", "cu126", PYTORCH),
        pin("torchvision", "1.0", None, PYTORCH),
        pin("torchaudio", "1.0", "nightly/cu130", PYTORCH),
        pin("onnxruntime-gpu", "1.0", "cu12", PYPI),
        pin("other", "1.0", None, Source(kind=SourceKind.FIND_LINKS, location="https://page.example/wheels")),
    )
    cu126 = ExplicitIndex(url="https://mirror.example/whl/cu126")
    assert explicit_indexes(pins) == {
        "torch": cu126,
        "torchvision": cu126,
        "torchaudio": ExplicitIndex(url="https://mirror.example/whl/nightly/cu130"),
        "other": ExplicitIndex(url="https://page.example/wheels", format="flat"),
    }
    assert flat_locations(pins) == ("https://page.example/wheels",)


@pytest.mark.parametrize(
    ("files", "below", "kind"),
    [
        (("cu126/torch/index.html",), "cu126", "simple"),
        (("cu126/torch/torch.whl",), "cu126/torch", "flat"),
        (("cu126/torch.whl",), "cu126", "flat"),
    ],
)
def test_a_mirror_in_a_folder_is_read_as_it_is_laid_out(
    tmp_path: Path, files: tuple[str, ...], below: str, kind: str
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    found = explicit_indexes([pin("torch", "2.0", "cu126", Source(kind=SourceKind.PYTORCH, location=str(tmp_path)))])
    path = tmp_path / below
    assert (found["torch"].url, found["torch"].format) == (path.as_uri() if kind == "simple" else str(path), kind)


def test_the_project_is_toml_whatever_the_names_are() -> None:
    index = ExplicitIndex(url='https://user:p"w\\@host/ä')
    text = project_text(["torch==2.0+cu126", "x[a]===1"], {"torch": index, "x": index}, ["numpy<2"])
    read: dict[str, Any] = tomllib.loads(text)
    assert read == {
        "project": {"name": "your-request", "version": "0", "dependencies": ["torch==2.0+cu126", "x[a]===1"]},
        "tool": {
            "uv": {
                "index": [{"name": "gpuenv-1", "url": index.url, "format": "simple", "explicit": True}],
                "constraint-dependencies": ["numpy<2"],
                "sources": {"torch": {"index": "gpuenv-1"}, "x": {"index": "gpuenv-1"}},
            }
        },
    }
