"""What would come beside the family is asked of the real uv, against an index on loopback; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.install.closures.preview import preview_install
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.progress import Reporter
from gpuenv.models.resolution import Pin
from gpuenv.models.settings import IndexSettings
from support.small_environments import python_of
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.index_server import IndexServer


def test_an_excluded_project_stays_out_whatever_depends_on_it(
    root: Path, server: IndexServer, wheels: Path, environ: Mapping[str, str]
) -> None:
    for name, requires in (("onnxruntime", ()), ("onnxruntime-gpu", ()), ("rembg", ("onnxruntime>=1.14",))):
        server.add(make_wheel(wheels, name, "1.31.0", requires=requires), "pypi")
    runtime = Pin(
        project="onnxruntime-gpu",
        version=Version("1.31.0"),
        tag="cu130",
        source=Source(kind=SourceKind.PYPI),
        evidence=Evidence.BINARY,
    )

    def added(*excluded: str) -> list[str]:
        found = preview_install(
            (runtime,),
            ("rembg",),
            python=python_of(root),
            kept=(),
            settings=IndexSettings(index_url=server.simple_url),
            environ=environ,
            excluded=excluded,
            reporter=Reporter(),
        )
        return [package.project for package in found]

    assert added() == ["onnxruntime", "onnxruntime-gpu", "rembg"]
    assert added("onnxruntime") == ["onnxruntime-gpu", "rembg"]
