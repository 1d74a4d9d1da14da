"""`gpuenv install` on a machine with a GPU: its libraries are read before kernels run; what lacks the GPU is undone.

The machine is an NVML library that the tests compile; the libraries are made by hand, with the code that a test names.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any, Final

import pytest

from support.fake_torch import STAND_INS, make_environment
from support.fatbin import containers, elf
from support.index_server import IndexServer
from support.nvml import Device, install_nvml, uuid
from support.small_environments import picture, site_packages_of, versions
from support.torch_environment import torch_environment  # noqa: F401 - a fixture
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")

RUN: Final = (
    "import sys\n"
    "from pathlib import Path\n"
    "from gpuenv.cli.main import main\n"
    "from gpuenv.detect.host import detect_host\n"
    "detect_host.__kwdefaults__['root'] = Path(sys.argv[1])\n"
    "sys.exit(main(sys.argv[2:]))\n"
)
"""Runs a command on a machine whose files lie below a folder."""

R580: Final = "driver\t580.95.05\t13.580.95.05\t13000"
RTX_5090: Final = Device(name="NVIDIA GeForce RTX 5090", pci="2B85", capability="12.0", memory_bytes=32 * 1024**3)
LABEL: Final = "NVIDIA GeForce RTX 5090 (12.0)"
TAG: Final = f"cp{sys.version_info.major}{sys.version_info.minor}"
WHEEL_TAGS: Final = f"{TAG}-{TAG}-manylinux_2_28_x86_64"

WITH_120: Final = elf((".nv_fatbin", containers("sm_80 sm_120", times=4)))
WITHOUT_120: Final = elf((".nv_fatbin", containers("sm_80 sm_90", times=4)))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    with IndexServer() as running:
        add_torch(running, tmp_path, "2.14.1+cu130", WITH_120)
        running.add(make_wheel(tmp_path / "wheels", "sympy", "1.14.0"), "pypi")
        yield running


def add_torch(server: IndexServer, tmp_path: Path, version: str, library: bytes) -> None:
    """List a torch that no kernel can be run with: importing it fails."""
    files: dict[str, str | bytes] = {"torch/__init__.py": "raise ImportError('no kernel ran')\n"}
    files["torch/lib/libtorch_cuda.so"] = library
    server.add(make_wheel(tmp_path / "wheels", "torch", version, tags=WHEEL_TAGS, files=files), "cu130")


def add_other(server: IndexServer, tmp_path: Path, name: str, library: bytes) -> None:
    files: dict[str, str | bytes] = {f"{name}/__init__.py": "", f"{name}/_C.so": library}
    server.add(make_wheel(tmp_path / "wheels", name, "1.0", tags=WHEEL_TAGS, files=files), "pypi")


def gpuenv(server: IndexServer, tmp_path: Path, *argv: str, exit_code: int) -> dict[str, Any]:
    """Run a command on the machine with the card; its envelope."""
    dropped = {"VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"}
    project = tmp_path / "project"
    project.mkdir(exist_ok=True)
    variables = {
        **{name: value for name, value in os.environ.items() if name not in dropped},
        **install_nvml(tmp_path / "root", R580, RTX_5090),
        "GPUENV_LANG": "en",
        "GPUENV_CACHE_DIR": str(tmp_path / "cache"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": server.simple_url,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_CERT": "",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
    }
    where = ("--venv", "env", "--json", *(("--indexes", server.pytorch_url) if argv[0] == "install" else ()))
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "root"), *argv, *where],
        cwd=project,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == exit_code, ran.stdout + ran.stderr
    envelope: dict[str, Any] = json.loads(ran.stdout)
    return envelope


def describe(server: IndexServer, tmp_path: Path, *requirements: str) -> None:
    """Make the environment for the same card, described: its libraries are read, and no kernel is run."""
    described = ("--target", "rtx-5090", "--driver", "580.95.05", "--yes")
    gpuenv(server, tmp_path, "install", *requirements, *described, exit_code=0)


def test_torch_whose_own_kernels_fail_is_undone_and_another_version_is_proposed(
    server: IndexServer, tmp_path: Path
) -> None:
    describe(server, tmp_path, "sympy")
    root = tmp_path / "project" / "env"
    before = picture(root)
    stand_in = STAND_INS / "no_kernel_image"
    files: dict[str, str | bytes] = {
        path.relative_to(stand_in).as_posix(): path.read_bytes() for path in stand_in.rglob("*.py")
    }
    files["torch/lib/libtorch_cuda.so"] = WITH_120
    server.add(make_wheel(tmp_path / "wheels", "torch", "2.15.0+cu130", tags=WHEEL_TAGS, files=files), "cu130")
    envelope = gpuenv(server, tmp_path, "install", "torch", exit_code=3)
    assert (envelope["status"], envelope["data"]["changed"]) == ("rolled-back", False)
    assert envelope["data"]["verification"]["profile"]["kernels"] == "fails"
    again = f'gpuenv install "torch!=2.15.0" torch --venv env --json --indexes {server.pytorch_url}'
    assert [(error["code"], error["hints"]) for error in envelope["errors"]] == [
        ("verification-failed", [f"gpuenv diagnose --venv {root}"]),
        ("other-build-wanted", [again]),
        ("check-no-code-in-build", []),
        ("check-no-kernel-image", []),
        ("state-before-restored", []),
    ]
    assert picture(root) == before


def test_a_needed_library_without_code_for_the_card_is_undone_before_any_kernel_runs(
    server: IndexServer, tmp_path: Path
) -> None:
    describe(server, tmp_path, "torch")
    root = tmp_path / "project" / "env"
    before = picture(root)
    add_torch(server, tmp_path, "2.15.0+cu130", WITHOUT_120)
    envelope = gpuenv(server, tmp_path, "install", "-U", "torch", exit_code=3)
    assert (envelope["status"], envelope["data"]["changed"]) == ("rolled-back", False)
    assert envelope["data"]["verification"] is None
    assert envelope["errors"] == [
        {
            "code": "verification-failed",
            "message": "what was installed failed its proof",
            "hints": [f"gpuenv diagnose --venv {root}"],
        },
        {
            "code": "libraries-lack-gpu",
            "message": f"no code for {LABEL} in libtorch_cuda.so",
            "hints": [
                f'gpuenv install "torch!=2.15.0" -U torch --venv env --json --indexes {server.pytorch_url}',
            ],
        },
        {
            "code": "state-before-restored",
            "message": f"the environment is as it was before (log: {envelope['data']['log']})",
            "hints": [],
        },
    ]
    assert picture(root) == before
    assert versions(root)["torch"] == "2.14.1+cu130"
    _, *hinted = shlex.split(envelope["errors"][1]["hints"][0])
    again = gpuenv(server, tmp_path, *hinted, exit_code=0)
    assert (again["status"], again["data"]["resolution"]["torch"]["version"]) == ("ok", "2.14.1")


def test_kernels_run_after_the_libraries_were_read_and_those_that_were_named_decide(
    server: IndexServer,
    tmp_path: Path,
    torch_environment: Path,  # noqa: F811
) -> None:
    files: dict[str, str | bytes] = {
        "torch/__init__.py": (STAND_INS / "pretend_cuda" / "torch" / "__init__.py").read_bytes(),
        "real": str(site_packages_of(torch_environment)),
        "faults.json": json.dumps({"abs": "nvrtc: error: invalid value for --gpu-architecture (-arch)"}),
        "torch/lib/libtorch_cuda.so": WITH_120,
    }
    server.add(make_wheel(tmp_path / "wheels", "torch", "2.15.0+cu130", tags=WHEEL_TAGS, files=files), "cu130")
    (tmp_path / "project").mkdir()
    make_environment(tmp_path / "project" / "env", "cpu_build")
    add_other(server, tmp_path, "oddity", WITHOUT_120)
    put_beside(tmp_path / "project" / "env", tmp_path, "oddity")
    envelope = gpuenv(server, tmp_path, "install", "torch", "--require", "fp32,fp16", exit_code=0)
    proof = envelope["data"]["verification"]
    assert {check["gpu"] for check in proof["checks"]} == {uuid(0)}
    assert (envelope["status"], proof["profile"]["fp16"], proof["profile"]["nvrtc"]) == ("ok", "ok", "fails")
    assert [cause["code"] for cause in proof["causes"]] == ["nvrtc-too-old-for-gpu"]
    assert [one["code"] for one in envelope["data"]["warnings"]] == ["unasked-libraries-lack-gpu"]
    kept = json.loads((tmp_path / "project" / "env" / ".gpuenv" / "verification.json").read_text())
    assert (kept["profile"], kept["packages"]) == (proof["profile"], {"torch": "2.15.0+cu130"})


def linked_library(folder: Path, name: str, code: bytes, *, needs: tuple[str, ...] = ()) -> bytes:
    """Compile a library that holds this GPU code and is linked with these others."""
    folder.mkdir(parents=True)
    (folder / "code.bin").write_bytes(code)
    (folder / "code.s").write_text(f'.section .nv_fatbin,"a"\n.balign 8\n.incbin "{folder / "code.bin"}"\n')
    for needed in needs:
        cc("-shared", f"-Wl,-soname,{needed}", "-o", str(folder / needed), "-x", "c", os.devnull)
    others = (str(folder / needed) for needed in needs)
    cc(
        "-shared",
        "-nostdlib",
        f"-Wl,-soname,{name}",
        "-Wl,--no-as-needed",
        "-o",
        str(folder / name),
        str(folder / "code.s"),
        *others,
    )
    return (folder / name).read_bytes()


def cc(*arguments: str) -> None:
    subprocess.run(["cc", *arguments], check=True, capture_output=True)


def test_an_extension_that_is_asked_for_and_lacks_the_card_is_undone_with_the_build_that_mends_it(
    server: IndexServer, tmp_path: Path
) -> None:
    describe(server, tmp_path, "torch")
    root = tmp_path / "project" / "env"
    before = picture(root)
    old = containers("sm_80", times=3)
    library = linked_library(tmp_path / "built", "_C.so", old, needs=("libtorch_cuda.so",))
    add_other(server, tmp_path, "splat", library)
    envelope = gpuenv(server, tmp_path, "install", "splat", "torch", "--yes", exit_code=3)
    assert envelope["errors"][1] == {
        "code": "libraries-lack-gpu",
        "message": f"no code for {LABEL} in _C.so",
        "hints": [f"gpuenv build splat --venv {root}"],
    }
    assert picture(root) == before


def test_a_library_that_nothing_asked_for_is_a_warning_and_no_reason_to_undo(
    server: IndexServer, tmp_path: Path
) -> None:
    library = linked_library(tmp_path / "built", "_C.so", containers("sm_80"), needs=("libtorch_cuda.so",))
    add_other(server, tmp_path, "splat", library)
    add_other(server, tmp_path, "oddity", WITHOUT_120)
    described = ("--target", "rtx-5090", "--driver", "580.95.05")
    gpuenv(server, tmp_path, "install", "torch", *described, exit_code=0)
    gpuenv(server, tmp_path, "install", "sympy", *described, exit_code=0)
    root = tmp_path / "project" / "env"
    put_beside(root, tmp_path, "splat", "oddity")
    add_torch(server, tmp_path, "2.15.0+cu130", WITH_120)
    envelope = gpuenv(server, tmp_path, "install", "-U", "torch", *described, exit_code=0)
    assert (envelope["status"], envelope["data"]["changed"]) == ("unverified", True)
    told = [one for one in envelope["data"]["warnings"] if one["code"] == "unasked-libraries-lack-gpu"]
    name = "NVIDIA GeForce RTX 5090 (12.0)"
    assert told == [
        {
            "code": "unasked-libraries-lack-gpu",
            "message": f"oddity: no code for {name} in _C.so; nothing that was asked for needs it",
            "hints": [],
        },
        {
            "code": "unasked-libraries-lack-gpu",
            "message": f"splat: no code for {name} in _C.so; nothing that was asked for needs it",
            "hints": [f"gpuenv build splat --venv {root} --target rtx-5090"],
        },
    ]


def put_beside(root: Path, tmp_path: Path, *names: str) -> None:
    """Unpack wheels into the environment, as some installer did long ago."""
    for name in names:
        with zipfile.ZipFile(tmp_path / "wheels" / f"{name}-1.0-{WHEEL_TAGS}.whl") as wheel:
            wheel.extractall(site_packages_of(root))


PROJECT: Final = "[tool.gpuenv]\nrequirements = ['sympy']\n"


@pytest.mark.parametrize(
    ("command", "exit_code", "status", "profile"),
    [("python -c 'import sympy'", 0, "ok", {"commands": "ok"}), ("python -c 'import nothing'", 3, "rolled-back", None)],
    ids=["passes", "fails"],
)
def test_the_projects_own_commands_decide_too(
    server: IndexServer, tmp_path: Path, command: str, exit_code: int, status: str, profile: dict[str, str] | None
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(f'{PROJECT}verify.commands = ["{command}"]\n')
    envelope = gpuenv(server, tmp_path, "install", "sympy", "--target", "cpu", exit_code=exit_code)
    assert envelope["status"] == status
    checks = envelope["data"]["verification"]["checks"]
    assert [(check["name"], check["status"]) for check in checks] == [
        (f"command: {command}", "passed" if exit_code == 0 else "failed")
    ]
    kept = project / "env" / ".gpuenv" / "verification.json"
    assert (json.loads(kept.read_text())["profile"] if kept.exists() else None) == profile
    assert (project / "env" / "pyvenv.cfg").exists() is (exit_code == 0)


def test_what_an_extension_has_to_be_built_for_waits_until_it_is(server: IndexServer, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        f"{PROJECT}extensions = ['splat>=1']\nverify.commands = ['python train.py']\n"
    )
    envelope = gpuenv(server, tmp_path, "install", "sympy", "--target", "cpu", exit_code=0)
    root = project / "env"
    assert (envelope["status"], envelope["data"]["verification"]) == ("ok", None)
    (told,) = [one for one in envelope["data"]["warnings"] if one["code"] == "own-proof-waits"]
    assert told == {
        "code": "own-proof-waits",
        "message": "splat still has to be built for this torch: the project's own proof was not run",
        "hints": [f"gpuenv build splat --venv {root}", f"gpuenv verify --venv {root}"],
    }
