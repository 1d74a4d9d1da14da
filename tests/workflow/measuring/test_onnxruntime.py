"""Builds of onnxruntime-gpu that the matrix does not know: found, measured, kept, and used in the search."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from support.cuda_tools import cuda_tools
from support.fatbin import containers, dll, elf
from support.in_process import gpuenv_here as gpuenv
from support.index_server import Fault, IndexServer
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Ran
    from support.cuda_tools import CudaTools

__all__ = ["cuda_tools"]

MACHINE = ("--python", "3.12", "--driver", "580.95.05")
LINUX, WINDOWS = ("--platform", "linux-x86_64"), ("--platform", "windows-x86_64")
TAGS = "cp312-cp312-manylinux_2_28_x86_64"
EXTRAS = ('nvidia-cuda-runtime~=13.0; extra == "cuda"', 'nvidia-cudnn-cu13~=9.0; extra == "cudnn"')
INFO = "package_name = 'onnxruntime-gpu'\n__version__ = '1.99.0'\ncuda_version = '13.2'\n"
FOLDER = "onnxruntime/capi"


def provider(code: str, needs: str) -> bytes:
    """Make the CUDA provider: enough containers to tell the main set, and the names of what it loads."""
    names = b"".join(f"\0{name}".encode() for name in needs.split()) + b"\0"
    return elf((".dynstr", names), (".nv_fatbin", containers(code, times=30)))


def runtime_wheel(
    folder: Path,
    version: str,
    library: bytes,
    *,
    tags: str = TAGS,
    info: str | None = INFO,
    requires: tuple[str, ...] = EXTRAS,
    named: str = "libonnxruntime_providers_cuda.so",
) -> Path:
    files: dict[str, str | bytes] = {"onnxruntime/__init__.py": "", f"{FOLDER}/{named}": library}
    if info is not None:
        files[f"{FOLDER}/build_and_package_info.py"] = info
    return make_wheel(
        folder, "onnxruntime_gpu", version, tags=tags, files=files, requires=requires, provides_extras=("cuda", "cudnn")
    )


NEWER = provider("sm_75 sm_120", "libcublas.so.13 libcudnn.so.9")


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def environ(server: IndexServer, tmp_path: Path) -> dict[str, str]:
    """A user whose default index is the server's."""
    return {
        "GPUENV_DATA_DIR": str(tmp_path / "data"),
        "GPUENV_CACHE_DIR": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": server.simple_url,
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_NO_CONFIG": "1",
    }


def plan(
    target: str,
    *more: str,
    asked: str = "onnxruntime-gpu",
    platform: tuple[str, ...] = LINUX,
    cwd: Path,
    environ: dict[str, str],
) -> Ran:
    return gpuenv(
        "plan", *asked.split(), "--json", *MACHINE, *platform, "--target", target, *more, cwd=cwd, environ=environ
    )


def chosen(ran: Ran) -> dict[str, Any]:
    assert ran.exit_code == 0, ran.stderr + ran.stdout
    runtime: dict[str, Any] = ran.envelope["data"]["resolution"]["onnxruntime_gpu"]
    return runtime


def warnings(ran: Ran) -> dict[str, str]:
    return {warning["code"]: warning["message"] for warning in ran.envelope["data"]["warnings"]}


def test_a_newer_release_on_the_default_index_is_measured_and_chosen(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", NEWER), "pypi")
    ran = plan("rtx-5090", cwd=tmp_path, environ=environ)
    assert chosen(ran) | {"index_url": None} == {
        "version": "1.99.0",
        "tag": "cu132",
        "local": "1.99.0",
        "index_url": None,
        "source": "pypi",
        "requirement": "onnxruntime-gpu[cuda,cudnn]===1.99.0",
        "evidence": "binary-partial",
    }
    assert ran.envelope["data"]["resolution"]["coverage"] == [
        {"gpu": "NVIDIA GeForce RTX 5090", "kind": "sass", "via": "sm_120"}
    ]
    (kept,) = (tmp_path / "data" / "measured").glob("*.json")
    facts = json.loads(kept.read_text(encoding="utf-8"))
    assert {name: facts[name] for name in ("project", "version", "cuda", "cudnn_major", "sass", "ptx", "extras")} == {
        "project": "onnxruntime-gpu",
        "version": "1.99.0",
        "cuda": "13.2",
        "cudnn_major": 9,
        "sass": ["75", "120"],
        "ptx": [],
        "extras": ["cuda", "cudnn"],
    }


def test_it_is_not_chosen_for_a_gpu_that_it_has_no_code_for(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", NEWER), "pypi")
    assert chosen(plan("h100", cwd=tmp_path, environ=environ))["version"] == "1.31.1"


def test_it_is_measured_once(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", NEWER), "pypi")
    for _ in range(2):
        plan("rtx-5090", cwd=tmp_path, environ=environ)
    read = [path for path in server.paths if path.endswith(".whl")]
    assert read
    assert chosen(plan("rtx-5090", cwd=tmp_path, environ=environ))["version"] == "1.99.0"
    assert [path for path in server.paths if path.endswith(".whl")] == read


def test_a_batch_asks_the_default_index_once_for_machines_alike(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", NEWER), "pypi")
    machines = tmp_path / "machines.jsonl"
    line = {"driver": "580.95.05", "platform": "linux-x86_64", "python": "3.12", "requirements": ["onnxruntime-gpu"]}
    rows = [json.dumps({"id": name, "target": name, **line}) for name in ("rtx-5090", "rtx-5080", "h100")]
    machines.write_text("\n".join(rows), encoding="utf-8")
    ran = gpuenv("plan", "--batch", str(machines), "--json", cwd=tmp_path, environ=environ)
    answers = [json.loads(line)["data"] for line in ran.stdout.splitlines()]
    found = {data["id"]: data["resolution"]["onnxruntime_gpu"]["version"] for data in answers}
    assert found == {"rtx-5090": "1.99.0", "rtx-5080": "1.99.0", "h100": "1.31.1"}
    assert server.paths.count("/simple/onnxruntime-gpu/") == 1


def test_offline_it_is_left_out_with_a_warning(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", NEWER), "pypi")
    plan("rtx-5090", cwd=tmp_path, environ=environ)
    ran = plan("rtx-5090", "--offline", cwd=tmp_path, environ=environ)
    assert chosen(ran)["version"] == "1.31.1"
    assert "onnxruntime-gpu 1.99.0" in warnings(ran)["newer-than-matrix"]
    assert "newer-than-matrix" not in warnings(
        plan("rtx-5090", "--offline", asked="torch", cwd=tmp_path, environ=environ)
    )


@pytest.mark.parametrize("is_page", [False, True])
def test_a_company_s_own_wheel_among_find_links_is_measured_and_comes_from_there(
    server: IndexServer, tmp_path: Path, environ: dict[str, str], *, is_page: bool
) -> None:
    """Of a release that the matrix knows, under a label of the company's own."""
    wheel = runtime_wheel(
        tmp_path / "wheels", "1.31.1+acme1", provider("sm_61 sm_120", "libcublas.so.12 libcudnn.so.9")
    )
    server.add(wheel, "pypi")
    place = server.flat_url if is_page else str(tmp_path / "wheels")
    ran = plan("gtx-1080-ti", cwd=tmp_path, environ=environ | {"PIP_FIND_LINKS": place})
    found = chosen(ran)
    assert (found["local"], found["source"], found["tag"]) == ("1.31.1+acme1", "find-links", "cu129")
    assert found["requirement"] == "onnxruntime-gpu[cuda,cudnn]==1.31.1+acme1"


def test_a_folder_named_as_the_index_is_measured_too(tmp_path: Path, environ: dict[str, str]) -> None:
    runtime_wheel(tmp_path / "wheels", "1.99.0", NEWER)
    found = chosen(plan("rtx-5090", "--indexes", str(tmp_path / "wheels"), cwd=tmp_path, environ=environ))
    assert (found["version"], found["source"]) == ("1.99.0", "find-links")


def test_beside_torch_it_is_of_torch_s_cuda_major(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", provider("sm_75 sm_120", "libcublas.so.12 libcudnn.so.9")), "pypi")
    server.add(make_wheel(tmp_path, "torch", "2.15.0+cu130", tags=TAGS), "cu130")
    options = ("--indexes", server.pytorch_url)
    ran = plan("rtx-5090", *options, asked="torch onnxruntime-gpu", cwd=tmp_path, environ=environ)
    assert chosen(ran)["version"] == "1.31.1"
    server.add(runtime_wheel(tmp_path, "1.99.1", NEWER), "pypi")
    environ = environ | {"UV_CACHE_DIR": str(tmp_path / "another-uv-cache")}
    ran = plan("rtx-5090", *options, asked="torch onnxruntime-gpu", cwd=tmp_path, environ=environ)
    assert chosen(ran)["version"] == "1.99.1"


def test_a_company_s_own_wheel_goes_beside_torch(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> None:
    wheel = runtime_wheel(tmp_path / "wheels", "1.32.0+acme1", NEWER)
    server.add(make_wheel(tmp_path, "torch", "2.15.0+cu130", tags=TAGS), "cu130")
    chosen_environ = environ | {"PIP_FIND_LINKS": str(wheel.parent)}
    ran = plan("rtx-5090", asked="onnxruntime-gpu torch", cwd=tmp_path, environ=chosen_environ)
    assert chosen(ran)["requirement"] == "onnxruntime-gpu==1.32.0+acme1"


@pytest.mark.parametrize(
    ("library", "info", "requires", "expected"),
    [
        ("libcublas.so.12 libcudnn.so.9", None, (), ("cu129", ())),
        ("libcublas.so.12 libcudnn.so.9", INFO, EXTRAS, ("cu129", ("cuda", "cudnn"))),
        ("libm.so.6", INFO, EXTRAS, ("cu132", ("cuda", "cudnn"))),
        ("libm.so.6", None, EXTRAS, ("cu135", ("cuda", "cudnn"))),
    ],
)
def test_the_library_tells_the_cuda_major_before_what_the_wheel_says_of_itself(
    library: str,
    info: str | None,
    requires: tuple[str, ...],
    expected: tuple[str, tuple[str, ...]],
    server: IndexServer,
    tmp_path: Path,
    environ: dict[str, str],
) -> None:
    """Where nothing tells the minor, the newest toolkit of the major is taken: it asks most of a driver."""
    wheel = runtime_wheel(tmp_path, "1.99.0", provider("sm_120", library), info=info, requires=requires)
    server.add(wheel, "pypi")
    found = chosen(plan("rtx-5090", cwd=tmp_path, environ=environ))
    extras = f"[{','.join(expected[1])}]" if expected[1] else ""
    assert (found["tag"], found["requirement"]) == (expected[0], f"onnxruntime-gpu{extras}===1.99.0")


def test_a_wheel_for_windows_is_read_as_well(server: IndexServer, tmp_path: Path, environ: dict[str, str]) -> None:
    library = dll(
        (".text", b"\x90" * 100_000),
        (".rdata", b"\0cublas64_12.dll\0cudnn64_9.dll\0"),
        (".nv_fatb", containers("sm_75 sm_120", times=30)),
    )
    wheel = runtime_wheel(
        *(tmp_path, "1.99.0", library),
        tags="cp312-cp312-win_amd64",
        info=None,
        requires=(),
        named="onnxruntime_providers_cuda.dll",
    )
    server.add(wheel, "pypi")
    found = chosen(plan("rtx-5090", "--driver", "581.15", platform=WINDOWS, cwd=tmp_path, environ=environ))
    assert (found["version"], found["tag"]) == ("1.99.0", "cu129")


def test_a_wheel_for_arm_asks_for_a_newer_glibc_and_is_found(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", NEWER, tags="cp312-cp312-manylinux_2_34_aarch64"), "pypi")
    arm = ("--platform", "linux-aarch64")
    assert chosen(plan("gb10", platform=arm, cwd=tmp_path, environ=environ))["version"] == "1.99.0"


def test_a_wheel_without_a_cuda_provider_is_passed_over(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", NEWER, named="libonnxruntime_providers_rocm.so"), "pypi")
    assert chosen(plan("rtx-5090", cwd=tmp_path, environ=environ))["version"] == "1.31.1"


def test_a_wheel_that_cannot_be_read_is_left_out_and_told_of(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    server.add(runtime_wheel(tmp_path, "1.99.0", NEWER), "pypi")
    server.fail("/flat/files/onnxruntime_gpu-1.99.0", Fault(status=404))
    ran = plan("rtx-5090", cwd=tmp_path, environ=environ | {"PIP_FIND_LINKS": server.flat_url})
    assert chosen(ran)["version"] == "1.31.1"
    assert "onnxruntime_gpu-1.99.0" in warnings(ran)["build-not-measured"]


def test_where_nothing_in_the_matrix_serves_a_newer_release_is_asked_for(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    asked = "onnxruntime-gpu>=1.32"
    server.add(runtime_wheel(tmp_path, "1.99.0", provider("sm_75", "libcublas.so.12 libcudnn.so.9")), "pypi")
    ran = plan("gtx-1080-ti,rtx-5090", asked=asked, cwd=tmp_path, environ=environ)
    assert ran.envelope["data"]["conflict"]["code"] == "no-onnxruntime-build"
    server.add(runtime_wheel(tmp_path, "1.99.1", provider("sm_61 sm_120", "libcublas.so.12 libcudnn.so.9")), "pypi")
    environ = environ | {"UV_CACHE_DIR": str(tmp_path / "another-uv-cache")}
    ran = plan("gtx-1080-ti,rtx-5090", asked=asked, cwd=tmp_path, environ=environ)
    assert chosen(ran)["version"] == "1.99.1"


def test_a_requirement_that_ends_before_does_not_ask_for_newer_ones(
    server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    ran = plan("rtx-5090", asked="onnxruntime-gpu<1.17", cwd=tmp_path, environ=environ)
    assert ran.envelope["data"]["conflict"]["code"] == "no-onnxruntime-build"
    assert server.paths == []


@pytest.mark.network
@pytest.mark.parametrize(("target", "answer"), [("rtx-5090", "1.99.0"), ("h100", "1.31.1")])
def test_a_library_that_nvcc_compiled_and_linked_is_measured_the_same_way(
    target: str, answer: str, cuda_tools: CudaTools, server: IndexServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    assert shutil.which("cc") is not None
    (tmp_path / "stub.c").write_text("int stub(void) { return 0; }\n")
    for name in ("libcublas.so.13", "libcudnn.so.9"):
        subprocess.run(
            ["cc", "-shared", "-fPIC", f"-Wl,-soname,{name}", "stub.c", "-o", name], cwd=tmp_path, check=True
        )
    (tmp_path / "one.cu").write_text(
        "__global__ void one(int *p) { *p = 1; }\nvoid run(int *p) { one<<<1, 1>>>(p); }\n"
    )
    codes = [part for name in ("75", "120") for part in ("-gencode", f"arch=compute_{name},code=sm_{name}")]
    link = ["-Xlinker", "--no-as-needed", "-L.", "-l:libcublas.so.13", "-l:libcudnn.so.9"]
    cuda_tools.run("nvcc", "-shared", "-Xcompiler", "-fPIC", "one.cu", *codes, *link, "-o", "one.so", cwd=tmp_path)
    library = (tmp_path / "one.so").read_bytes()
    server.add(runtime_wheel(tmp_path, "1.99.0", library, info=None, requires=()), "pypi")
    ran = plan(target, cwd=tmp_path, environ=environ)
    assert chosen(ran)["version"] == answer
