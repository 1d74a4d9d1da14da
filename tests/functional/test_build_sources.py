"""Sources that `gpuenv build` cannot have, or cannot build against this torch: each is told with its own way out."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from support.fake_torch import add_distribution
from support.in_process import gpuenv_here as gpuenv
from support.kernel_source import make_environment, needs_nvcc, write_source
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Ran


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    root = make_environment(tmp_path / "env")
    for tool in ("setuptools", "wheel", "ninja", "packaging"):  # so that none has to be fetched
        add_distribution(root, tool, "80.9.0")
    return root


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """All that the user's indexes have: the source of kernel 1.0 and 1.1, and a wheel of plain."""
    folder = tmp_path / "links"
    folder.mkdir()
    make_wheel(folder, "plain", "1.0")
    for version in ("1.0", "1.1"):
        with tarfile.open(folder / f"kernel-{version}.tar.gz", "w:gz") as packed:
            info = tarfile.TarInfo(f"kernel-{version}/PKG-INFO")
            stated = f"Metadata-Version: 2.1\nName: kernel\nVersion: {version}\n".encode()
            info.size = len(stated)
            packed.addfile(info, io.BytesIO(stated))
    return folder


def build(source: str, tmp_path: Path, *more: str, links: Path | None = None) -> Ran:
    environ = {"CUDA_HOME": "", "CUDA_PATH": "", "GPUENV_CACHE_DIR": str(tmp_path / "cache")}
    if links is not None:
        environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links), "PIP_EXTRA_INDEX_URL": "", "PIP_INDEX_URL": ""}
    arguments = ("build", source, "--target", "rtx-5090", "--venv", str(tmp_path / "env"), *more, "--json")
    return gpuenv(*arguments, cwd=tmp_path, environ=environ)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (
            "kernel==2.0",
            {
                "code": "source-version-unknown",
                "message": "there is no source of kernel==2.0; there is one of 1.1, 1.0",
                "hints": ["gpuenv build kernel==1.1 --target rtx-5090 --venv {env} --json"],
            },
        ),
        (
            "plain",
            {
                "code": "source-wheels-only",
                "message": "plain cannot be built: its project publishes wheels only, no source",
                "hints": ["gpuenv install --venv {env} --target rtx-5090 plain"],
            },
        ),
        (
            "flash-atnn",
            {
                "code": "source-project-unknown",
                "message": "no index that is set up here has a project flash-atnn; sources that are on none are named"
                " by git+https://...",
                "hints": [
                    "gpuenv build flash-attn --target rtx-5090 --venv {env} --json",
                    "pip index versions flash-atnn",
                ],
            },
        ),
    ],
    ids=["version", "wheels", "project"],
)
@pytest.mark.usefixtures("environment")
def test_a_source_that_no_index_has_is_told_apart(
    tmp_path: Path, links: Path, source: str, error: dict[str, object]
) -> None:
    needs_nvcc()
    ran = build(source, tmp_path, links=links)
    (told,) = ran.envelope["errors"]
    told["hints"] = [hint.replace(str(tmp_path / "env"), "{env}") for hint in told["hints"]]
    assert (told, ran.exit_code) == (error, 1)


@pytest.mark.usefixtures("environment")
def test_what_pip_complains_of_offline_is_told_and_the_way_out_is_the_network(tmp_path: Path, links: Path) -> None:
    needs_nvcc()
    links.joinpath("kernel-1.0.tar.gz").unlink()
    ran = build("gone", tmp_path, "--offline", links=links)
    (told,) = ran.envelope["errors"]
    assert (told["code"], ran.exit_code) == ("sdist-not-available", 1)
    assert told["message"].startswith("no source of gone could be fetched: ERROR: Could not find a version")
    assert told["hints"][0] == f"gpuenv build gone --target rtx-5090 --venv {tmp_path / 'env'} --json"


@pytest.mark.usefixtures("environment")
def test_a_source_that_fails_also_as_newer_cxx_names_the_last_torch_that_asks_for_less(tmp_path: Path) -> None:
    needs_nvcc()
    asks = "ATen.h:9:2: error: #error C++20 or later compatible compiler is required to use ATen."
    source = write_source(tmp_path / "old", wanted=f'print("{asks}") or exit(1)')
    (source / "setup.py").write_text('EXTRA = ["-std=c++17"]\n')
    ran = build(str(source), tmp_path)
    failed, cap, cause = ran.envelope["errors"]
    log = ran.envelope["data"]["log"]
    assert (ran.exit_code, ran.envelope["status"]) == (1, "failed")
    assert (failed["code"], failed["message"]) == (
        "build-failed",
        f"building {source} failed; its log is {log}:\n{asks}",
    )
    assert cap == {
        "code": "cxx-standard-too-old",
        "message": "torch 2.15.0 asks for C++20, and built as that it fails; torch 2.13.0 is the last that asks for"
        " less",
        "hints": [f'gpuenv install --venv {tmp_path / "env"} --target rtx-5090 "torch<=2.13.0"'],
    }
    assert cause["code"] == "torch-headers-need-newer-cxx"
    assert (source / "setup.py").read_text() == 'EXTRA = ["-std=c++17"]\n'
