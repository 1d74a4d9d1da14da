"""The closure is resolved by the real uv against an index on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.closure import compile_closure
from gpuenv.models.execution import LockedPackage
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.resolution import Pin
from gpuenv.models.settings import IndexSettings
from support.index_server import Fault, IndexServer
from support.small_environments import HERE, python_of
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Compile = Callable[..., dict[str, str]]


def pin(version: str, tag: str | None, source: Source, project: str = "torch") -> Pin:
    return Pin(project=project, version=Version(version), tag=tag, source=source, evidence=Evidence.BINARY)


@pytest.fixture
def resolve(root: Path, server: IndexServer, environ: Mapping[str, str]) -> Compile:
    """Resolve pins and others for the environment's own Python; gives versions by project."""

    def compiled(*pins: Pin, others: tuple[str, ...] = (), **options: object) -> dict[str, str]:
        given: dict[str, Any] = {
            "python": python_of(root),
            "python_version": HERE,
            "platform": None,
            "settings": IndexSettings(index_url=server.simple_url),
            "environ": environ,
            "with_hashes": False,
        }
        found = compile_closure(pins, others, **(given | options))
        return {package.project: str(package.version) for package in found}

    return compiled


@pytest.fixture
def pytorch(server: IndexServer) -> Source:
    return Source(kind=SourceKind.PYTORCH, location=server.pytorch_url)


def test_the_family_comes_from_its_index_and_the_rest_from_the_users(
    root: Path, server: IndexServer, environ: Mapping[str, str], wheels: Path, pytorch: Source
) -> None:
    shadow = make_wheel(wheels / "shadow", "dep", "9.0")  # dependency confusion: newer, on the family's index
    server.add(shadow, "cu126")
    found = compile_closure(
        [pin("2.0+cu126", "cu126", pytorch)],
        ["other"],
        python=python_of(root),
        python_version=HERE,
        platform=None,
        settings=IndexSettings(index_url=server.simple_url),
        environ=environ,
        with_hashes=True,
    )
    assert found == tuple(
        LockedPackage(
            project=project,
            version=Version(version),
            hashes=(f"sha256:{sha256_of(wheels / f'{project}-{version}-py3-none-any.whl')}",),
        )
        for project, version in (("dep", "2.0"), ("other", "1.0"), ("torch", "2.0+cu126"))
    )


def test_constraints_limit_what_is_not_pinned(resolve: Compile, pytorch: Source) -> None:
    torch = pin("2.0+cu126", "cu126", pytorch)
    assert resolve(torch, constraints=("dep<2",)) == {"torch": "2.0+cu126", "dep": "1.0"}


def test_the_users_own_constraint_files_count(
    resolve: Compile, pytorch: Source, server: IndexServer, tmp_path: Path
) -> None:
    (tmp_path / "limits.txt").write_text("dep<2\n")
    settings = IndexSettings(index_url=server.simple_url, constraints=(str(tmp_path / "limits.txt"),))
    assert resolve(pin("2.0+cu126", "cu126", pytorch), settings=settings)["dep"] == "1.0"


def test_a_nightly_build_gets_its_triton_from_its_own_index(
    resolve: Compile, server: IndexServer, wheels: Path, pytorch: Source
) -> None:
    nightly = "4.0.dev20261101+cu132"
    server.add(make_wheel(wheels, "torch", nightly, requires=("pytorch-triton==1.0+git1",)), "nightly/cu132")
    server.add(make_wheel(wheels, "pytorch-triton", "1.0+git1"), "nightly/cu132")
    assert resolve(pin(nightly, "nightly/cu132", pytorch)) == {"torch": nightly, "pytorch-triton": "1.0+git1"}


def test_a_folder_of_wheels_is_enough_without_a_network(
    resolve: Compile, tmp_path: Path, environ: Mapping[str, str]
) -> None:
    folder = tmp_path / "folder"
    make_wheel(folder, "torch", "2.0+cu126", requires=("dep>=1",))
    make_wheel(folder, "dep", "1.5")
    source = Source(kind=SourceKind.FIND_LINKS, location=str(folder))
    for settings in (IndexSettings(no_index=True), IndexSettings(index_url="http://127.0.0.1:1/simple")):
        found = resolve(
            pin("2.0+cu126", "cu126", source), settings=settings, is_offline=not settings.no_index, environ=environ
        )
        assert found == {"torch": "2.0+cu126", "dep": "1.5"}


def test_a_flat_page_serves_the_family_before_the_default_index(
    resolve: Compile, server: IndexServer, wheels: Path
) -> None:
    server.add(make_wheel(wheels, "torch", "2.0+cpu"), "cpu")
    page = Source(kind=SourceKind.FIND_LINKS, location=server.flat_url)
    assert resolve(pin("2.0+cpu", "cpu", page)) == {"torch": "2.0+cpu"}


def test_a_described_platform_and_python_are_resolved_for(resolve: Compile, server: IndexServer, wheels: Path) -> None:
    server.add(make_wheel(wheels, "native", "1.0", tags="cp310-cp310-win_amd64", requires=("winonly",)), "pypi")
    server.add(make_wheel(wheels, "winonly", "1.0"), "pypi")
    torch = pin("2.0", None, Source(kind=SourceKind.PYPI))
    described = {"platform": Platform(name="windows-x86_64"), "python_version": PythonVersion.parse("3.10")}
    assert resolve(torch, others=("native",), **described)["winonly"] == "1.0"


@pytest.mark.parametrize(
    ("others", "code"), [(("dep<1",), "dependencies-conflict"), (("absent",), "package-not-found")]
)
def test_what_cannot_be_had_is_told_with_uvs_explanation(
    resolve: Compile, pytorch: Source, others: tuple[str, ...], code: str
) -> None:
    with pytest.raises(GpuenvError) as caught:
        resolve(pin("2.0+cu126", "cu126", pytorch), others=others)
    assert caught.value.code == code
    assert "unsatisfiable" in str(caught.value.context["detail"])


def test_a_family_index_that_fails_is_named(resolve: Compile, pytorch: Source, server: IndexServer) -> None:
    server.fail("/whl/cu126/torch", Fault(status=500))
    with pytest.raises(GpuenvError) as caught:
        resolve(pin("2.0+cu126", "cu126", pytorch))
    assert caught.value.code == "index-failed"
    assert caught.value.context == {"status": "500", "url": f"{server.pytorch_url}/cu126/torch/"}


def test_an_excluded_project_stays_out_whatever_depends_on_it(
    resolve: Compile, server: IndexServer, wheels: Path
) -> None:
    for name, requires in (("onnxruntime", ()), ("onnxruntime-gpu", ()), ("rembg", ("onnxruntime>=1.14",))):
        server.add(make_wheel(wheels, name, "1.31.0", requires=requires), "pypi")
    runtime = pin("1.31.0", "cu130", Source(kind=SourceKind.PYPI), "onnxruntime-gpu")
    both = {"onnxruntime-gpu": "1.31.0", "rembg": "1.31.0", "onnxruntime": "1.31.0"}
    assert resolve(runtime, others=("rembg",)) == both
    assert resolve(runtime, others=("rembg",), excluded=("onnxruntime",)) == {
        "onnxruntime-gpu": "1.31.0",
        "rembg": "1.31.0",
    }
