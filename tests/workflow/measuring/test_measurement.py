"""Builds that the matrix does not know: found on an index, measured on the spot, kept, and used in the search."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from support.cuda_tools import cuda_tools
from support.fatbin import containers, elf
from support.in_process import gpuenv_here as gpuenv
from support.index_server import Fault, IndexServer
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Ran
    from support.cuda_tools import CudaTools

__all__ = ["cuda_tools"]

LINUX = ("--platform", "linux-x86_64", "--python", "3.12", "--driver", "580.95.05")
TAGS = "cp312-cp312-manylinux_2_28_x86_64"
METADATA_PINS = (
    'nvidia-cudnn-cu13==9.27.0.12; platform_system == "Linux"',
    'triton~=3.9.0; platform_system == "Linux"',
)


def torch_wheel(folder: Path, version: str, code: str, *, library: str = "torch/lib/libtorch_cuda.so") -> Path:
    """Make a wheel whose library holds that GPU code in enough containers to tell the main set."""
    image = elf((".nv_fatbin", containers(code, times=30)))
    return make_wheel(
        folder,
        "torch",
        version,
        tags=TAGS,
        requires=METADATA_PINS,
        files={"torch/__init__.py": "", "torch/version.py": "cuda: Optional[str] = '13.0'\n", library: image},
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """Offer torch 2.16.0 for 7.5 and 12.0 beside 2.15.0, which the matrix knows."""
    with IndexServer() as running:
        running.add(torch_wheel(tmp_path, "2.16.0+cu130", "sm_75 sm_120"), "cu130")
        running.add(make_wheel(tmp_path, "torch", "2.15.0+cu130", tags=TAGS), "cu130")
        yield running


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"GPUENV_DATA_DIR": str(tmp_path / "data"), "GPUENV_CACHE_DIR": str(tmp_path / "cache")}


def plan(target: str, *more: str, cwd: Path, environ: dict[str, str]) -> Ran:
    return gpuenv("plan", "torch", "--json", *LINUX, "--target", target, *more, cwd=cwd, environ=environ)


def warnings(data: dict[str, Any]) -> dict[str, str]:
    return {warning["code"]: warning["message"] for warning in data["warnings"]}


def test_a_newer_release_is_found_measured_and_chosen_for_a_gpu_that_it_serves(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    ran = plan("rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    assert ran.exit_code == 0, ran.stderr + ran.stdout
    resolution = ran.envelope["data"]["resolution"]
    assert resolution["torch"]["local"] == "2.16.0+cu130"
    assert resolution["torch"]["evidence"] == "binary-partial"
    assert [(served["kind"], served["via"]) for served in resolution["coverage"]] == [("sass", "sm_120")]
    assert resolution["cudnn"] == "9.27.0.12"


def test_the_same_release_is_refused_with_the_reason_for_a_gpu_that_it_has_no_code_for(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    data = plan("h100", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ).envelope["data"]
    assert data["resolution"]["torch"]["local"] == "2.15.0+cu130"
    (rejected,) = [row for row in data["rejected"] if row["candidate"] == "2.16.0+cu130"]
    assert rejected["code"] == "no-code-for-gpu"
    assert "sm_75" in rejected["detail"]
    assert "sm_120" in rejected["detail"]


def test_where_it_is_all_that_the_index_has_it_is_a_conflict_that_names_it(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with IndexServer() as server:
        server.add(torch_wheel(tmp_path, "2.16.0+cu130", "sm_75 sm_120"), "cu130")
        ran = plan("h100", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    assert ran.exit_code == 1
    assert ("2.16.0+cu130", "no-code-for-gpu") in [
        (row["candidate"], row["code"]) for row in ran.envelope["data"]["rejected"]
    ]


def test_it_is_measured_once(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> None:
    for _ in range(2):
        plan("rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    fetched = [path for path in server.paths if path.endswith(".whl")]
    first = len(fetched)
    ran = plan("rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    assert ran.envelope["data"]["resolution"]["torch"]["local"] == "2.16.0+cu130"
    assert len([path for path in server.paths if path.endswith(".whl")]) == first
    (kept,) = (tmp_path / "data" / "measured").glob("*.json")
    facts = json.loads(kept.read_text(encoding="utf-8"))
    assert (facts["version"], facts["tag"], facts["sass"], facts["triton"]) == (
        "2.16.0",
        "cu130",
        ["75", "120"],
        "~=3.9.0",
    )


def test_a_damaged_measurement_is_made_again(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> None:
    plan("rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    (kept,) = (tmp_path / "data" / "measured").glob("*.json")
    kept.write_text('{"schema": 1, "sass": 7', encoding="utf-8")
    data = plan("rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ).envelope["data"]
    assert data["resolution"]["torch"]["local"] == "2.16.0+cu130"
    assert json.loads(kept.read_text(encoding="utf-8"))["sass"] == ["75", "120"]


def test_offline_it_is_left_out_with_a_warning(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> None:
    plan("rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    data = plan("rtx-5090", "--offline", cwd=tmp_path, environ=environ).envelope["data"]
    assert data["resolution"]["torch"]["version"] == "2.15.0"
    assert "2.16.0+cu130" in warnings(data)["newer-than-matrix"]


def test_offline_what_only_pages_list_that_were_read_before_is_told_of_too(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    index = ("--indexes", server.pytorch_url)
    gpuenv("plan", "torch<2.16", "--json", *LINUX, "--target", "rtx-5090", *index, cwd=tmp_path, environ=environ)
    assert not (tmp_path / "data").exists()
    asked = len(server.log)
    data = plan("rtx-5090", "--offline", *index, cwd=tmp_path, environ=environ).envelope["data"]
    assert data["resolution"]["torch"]["version"] == "2.15.0"
    assert "2.16.0+cu130" in warnings(data)["newer-than-matrix"]
    older = gpuenv(
        *("plan", "torch<2.16", "--json", *LINUX, "--target", "rtx-5090", "--offline", *index),
        cwd=tmp_path,
        environ=environ,
    )
    assert "newer-than-matrix" not in warnings(older.envelope["data"])
    assert len(server.log) == asked


def test_a_release_that_is_asked_for_by_its_version_is_looked_for_though_the_matrix_lacks_it(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    for asked in ("torch==2.16.0", "torch>=2.16,<3", "torch~=2.16.0", "torch==2.16.*"):
        ran = gpuenv(
            *("plan", asked, "--json", *LINUX, "--target", "rtx-5090", "--indexes", server.pytorch_url),
            cwd=tmp_path,
            environ=environ,
        )
        assert ran.envelope["data"]["resolution"]["torch"]["local"] == "2.16.0+cu130", asked


def test_a_wheel_that_cannot_be_read_is_left_out_and_told_of(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    server.fail("/whl/cu130/torch-2.16.0", Fault(status=404))
    data = plan("rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ).envelope["data"]
    assert data["resolution"]["torch"]["local"] == "2.15.0+cu130"
    assert "torch-2.16.0" in warnings(data)["build-not-measured"]


def test_requirements_decide_before_anything_is_measured(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    ran = gpuenv(
        *("plan", "torch<2.16", "--json", *LINUX, "--target", "rtx-5090", "--indexes", server.pytorch_url),
        cwd=tmp_path,
        environ=environ,
    )
    assert ran.envelope["data"]["resolution"]["torch"]["local"] == "2.15.0+cu130"
    assert [path for path in server.paths if path.endswith(".whl")] == []


def test_a_library_of_another_name_is_read_as_well(tmp_path: Path, environ: dict[str, str]) -> None:
    with IndexServer(supports_ranges=False) as server:
        wheel = torch_wheel(tmp_path, "2.16.0+cu130", "sm_120 compute_120", library="torch/lib/libours.so")
        server.add(wheel, "cu130")
        data = plan("rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ).envelope["data"]
    assert data["resolution"]["torch"]["local"] == "2.16.0+cu130"


def test_a_gpu_that_nothing_in_the_matrix_serves_is_looked_for_on_the_newest_tags(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with IndexServer() as server:
        offline = plan("gtx-1080-ti,rtx-5090", "--offline", cwd=tmp_path, environ=environ)
        assert offline.envelope["data"]["conflict"]["code"] == "no-build-for-all-gpus"
        server.add(torch_wheel(tmp_path, "2.16.0+cu130", "sm_60 sm_120"), "cu130")
        ran = plan("gtx-1080-ti,rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    assert ran.envelope["data"]["resolution"]["torch"]["local"] == "2.16.0+cu130"


def test_an_index_that_cannot_be_read_leaves_such_a_conflict_as_it_is(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    server.fail("/whl/", Fault(status=401))
    ran = plan("gtx-1080-ti,rtx-5090", "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ)
    assert ran.exit_code == 1
    assert ran.envelope["data"]["conflict"]["code"] == "no-build-for-all-gpus"


def test_a_folder_of_wheels_is_measured_too(tmp_path: Path, environ: dict[str, str]) -> None:
    torch_wheel(tmp_path / "wheels", "2.16.0+cu130", "sm_75 sm_120")
    data = plan("rtx-5090", "--indexes", str(tmp_path / "wheels"), cwd=tmp_path, environ=environ).envelope["data"]
    assert data["resolution"]["torch"]["local"] == "2.16.0+cu130"


def test_a_company_s_own_build_of_a_known_release_is_measured_by_its_own_label(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    torch_wheel(tmp_path / "wheels", "2.15.0+acme1", "sm_61 sm_120")
    folder = ("--indexes", str(tmp_path / "wheels"))
    torch = plan("gtx-1080-ti", "--driver", "580.95.05", *folder, cwd=tmp_path, environ=environ).envelope
    assert torch["data"]["resolution"]["torch"]["requirement"] == "torch==2.15.0+acme1"
    assert torch["data"]["resolution"]["torch"]["tag"] == "cu130"


def configured(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> dict[str, str]:
    """A user whose default index is the server's."""
    return {
        **environ,
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": server.simple_url,
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_NO_CONFIG": "1",
    }


def test_a_newer_release_on_the_default_index_is_found_by_the_engine_and_measured(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with IndexServer() as server:
        wheel = torch_wheel(tmp_path, "2.16.0", "sm_75 sm_120")
        server.add(wheel, "pypi")
        server.add(make_wheel(tmp_path, "triton", "3.9.0", tags=TAGS), "pypi")
        server.add(make_wheel(tmp_path, "nvidia-cudnn-cu13", "9.27.0.12"), "pypi")
        chosen = configured(server, tmp_path, environ)
        answers = [
            plan(target, "--indexes", "pypi", cwd=tmp_path, environ=chosen).envelope["data"]
            for target in ("rtx-5090", "h100")
        ]
    assert [data["resolution"]["torch"]["requirement"] for data in answers] == ["torch===2.16.0", "torch===2.15.0"]
    assert answers[0]["resolution"]["torch"]["tag"] == "cu130"
    assert ("2.16.0+cu130", "no-code-for-gpu") in [(row["candidate"], row["code"]) for row in answers[1]["rejected"]]


def test_a_newer_release_on_the_default_index_is_asked_for_where_nothing_else_serves(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with IndexServer() as server:
        server.add(torch_wheel(tmp_path, "2.16.0", "sm_61 sm_120"), "pypi")
        server.add(make_wheel(tmp_path, "triton", "3.9.0", tags=TAGS), "pypi")
        server.add(make_wheel(tmp_path, "nvidia-cudnn-cu13", "9.27.0.12"), "pypi")
        chosen = configured(server, tmp_path, environ)
        ran = plan("gtx-1080-ti,rtx-5090", "--indexes", "pypi", cwd=tmp_path, environ=chosen)
    assert ran.envelope["data"]["resolution"]["torch"]["requirement"] == "torch===2.16.0"


def test_without_a_newer_release_the_default_index_gives_what_the_matrix_knows(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with IndexServer() as server:
        server.add(make_wheel(tmp_path, "torch", "2.15.0", tags=TAGS), "pypi")
        chosen = configured(server, tmp_path, environ)
        data = plan("rtx-5090", "--indexes", "pypi", cwd=tmp_path, environ=chosen).envelope["data"]
    assert data["resolution"]["torch"]["requirement"] == "torch===2.15.0"
    assert "build-not-measured" not in warnings(data)


@pytest.mark.network
@pytest.mark.parametrize(("target", "answer"), [("rtx-5090", "2.16.0+cu130"), ("h100", "2.15.0+cu130")])
def test_a_library_that_nvcc_compiled_is_measured_the_same_way(
    target: str, answer: str, cuda_tools: CudaTools, tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "one.cu").write_text(
        "__global__ void one(int *p) { *p = 1; }\nvoid run(int *p) { one<<<1, 1>>>(p); }\n"
    )
    codes = [part for name in ("75", "120") for part in ("-gencode", f"arch=compute_{name},code=sm_{name}")]
    cuda_tools.run("nvcc", "-shared", "-Xcompiler", "-fPIC", "one.cu", *codes, "-o", "one.so", cwd=tmp_path)
    files: dict[str, str | bytes] = {
        "torch/__init__.py": "",
        "torch/lib/libtorch_cuda.so": (tmp_path / "one.so").read_bytes(),
    }
    with IndexServer() as server:
        server.add(make_wheel(tmp_path, "torch", "2.16.0+cu130", tags=TAGS, files=files), "cu130")
        server.add(make_wheel(tmp_path, "torch", "2.15.0+cu130", tags=TAGS), "cu130")
        data = plan(target, "--indexes", server.pytorch_url, cwd=tmp_path, environ=environ).envelope["data"]
    assert data["resolution"]["torch"]["local"] == answer
    refused = [(row["candidate"], row["code"]) for row in data["rejected"] if row["candidate"] == "2.16.0+cu130"]
    assert refused == ([] if answer.startswith("2.16") else [("2.16.0+cu130", "no-code-for-gpu")])


@pytest.fixture
def nightlies(tmp_path: Path) -> Iterator[IndexServer]:
    """Offer a nightly for 7.5 alone, and one of a day before with code for 12.0 as well."""
    with IndexServer() as running:
        for date, code in (("20261118", "sm_75 sm_120"), ("20261120", "sm_75")):
            wheel = torch_wheel(tmp_path / date, f"2.16.0.dev{date}+cu132", code)
            running.add(wheel, "nightly/cu132")
        running.add(make_wheel(tmp_path, "torch", "2.15.0+cu132", tags=TAGS), "cu132")
        yield running


@pytest.mark.parametrize(
    ("target", "local"), [("t4", "2.16.0.dev20261120+cu132"), ("rtx-5090", "2.16.0.dev20261118+cu132")]
)
def test_a_nightly_that_would_be_chosen_is_measured_before_it_is(
    target: str, local: str, nightlies: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    options = ("--channel", "nightly", "--indexes", nightlies.pytorch_url, "--driver", "595.71.05")
    for _ in range(2):
        torch = plan(target, *options, cwd=tmp_path, environ=environ).envelope["data"]["resolution"]["torch"]
        assert (torch["local"], torch["evidence"], torch["channel"]) == (local, "binary-partial", "nightly")
    reads = [path for path in nightlies.paths if path.endswith(".whl")]
    plan(target, *options, cwd=tmp_path, environ=environ)
    assert [path for path in nightlies.paths if path.endswith(".whl")] == reads
