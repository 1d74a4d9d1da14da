from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest

from support.fake_torch import add_distribution, site_packages_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("run") / "my env"
    venv.EnvBuilder(symlinks=os.name == "posix", with_pip=False).create(root)
    return root


def run(*arguments: str | Path, gpus: str = "none", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gpuenv", "run", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "GPUENV_GPUS": gpus, "GPUENV_DRIVER": "580.95.05", "GPUENV_LANG": "en", **environ},
    )


def test_the_command_is_the_environments_and_its_exit_code_is_ours(environment: Path) -> None:
    ran = run("--venv", environment, "--", "python", "-c", "import sys; print(sys.prefix); sys.exit(7)")
    assert (ran.stdout, ran.returncode) == (f"{environment}\n", 7)


def test_what_follows_the_dashes_belongs_to_the_command(environment: Path) -> None:
    script = "import sys; print(sys.argv[1:])"
    ran = run("--venv", environment, "--", "python", "-c", script, "--json", "--", "-q", "--venv")
    assert ran.stdout == "['--json', '--', '-q', '--venv']\n"


def test_the_command_sees_what_the_gpus_need_and_nothing_else(environment: Path) -> None:
    (environment / ".gpuenv").mkdir(exist_ok=True)
    (environment / ".gpuenv" / "constraints.txt").write_text("torch==2.9.0\n")
    script = "import os, json; print(json.dumps(dict(os.environ)))"
    ran = run("--venv", environment, "--", "python", "-c", script, gpus="rtx-5090,rtx-3090", PATH="/usr/bin:/bin")
    ours = {**os.environ, "GPUENV_GPUS": "rtx-5090,rtx-3090", "GPUENV_DRIVER": "580.95.05", "GPUENV_LANG": "en"}
    ours["PATH"] = "/usr/bin:/bin"
    # What Python and a launcher set for themselves is no part of this.
    changed = {
        name: value
        for name, value in json.loads(ran.stdout).items()
        if ours.get(name) != value and name not in {"LC_CTYPE", "_", "__PYVENV_LAUNCHER__"}
    }
    constraints = (environment / ".gpuenv" / "constraints.txt").as_uri()
    assert changed == {
        "PATH": f"{environment / 'bin'}:/usr/bin:/bin",
        "VIRTUAL_ENV": str(environment),
        "TORCH_CUDA_ARCH_LIST": "8.6;12.0",
        "CMAKE_CUDA_ARCHITECTURES": "86;120",
        "UV_CONSTRAINT": constraints,
        "PIP_CONSTRAINT": constraints,
    }


def test_a_selected_gpu_is_the_only_one_visible(environment: Path) -> None:
    script = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'], os.environ['TORCH_CUDA_ARCH_LIST'])"
    ran = run("--venv", environment, "--gpu", "1", "--", "python", "-c", script, gpus="rtx-5090,rtx-3090")
    assert ran.stdout == "1 8.6\n"


def test_printed_variables_can_be_evaluated(environment: Path) -> None:
    shown = run("--venv", environment, "--print", "sh", gpus="rtx-5090")
    evaluated = subprocess.run(
        ["sh", "-c", f'{shown.stdout}\npython -c "import sys; print(sys.prefix)"; echo "$TORCH_CUDA_ARCH_LIST"'],
        check=True,
        capture_output=True,
        text=True,
    )
    assert evaluated.stdout == f"{environment}\n12.0\n"


def test_architectures_that_the_user_has_set_are_kept_and_said(environment: Path) -> None:
    script = "import os; print(os.environ['TORCH_CUDA_ARCH_LIST'], os.environ['CMAKE_CUDA_ARCHITECTURES'])"
    ran = run("--venv", environment, "--", "python", "-c", script, gpus="rtx-5090", TORCH_CUDA_ARCH_LIST="9.0+PTX")
    assert ran.stdout == "9.0+PTX 120\n"
    assert ran.stderr == (
        "note: TORCH_CUDA_ARCH_LIST keeps your value 9.0+PTX; the GPUs of this machine need 12.0 [own-value-kept]\n"
    )
    same = run("--venv", environment, "--", "python", "-c", script, gpus="rtx-5090", TORCH_CUDA_ARCH_LIST="12.0")
    assert (same.stdout, same.stderr) == ("12.0 120\n", "")
    answer = json.loads(run("--venv", environment, "--json", gpus="rtx-5090", TORCH_CUDA_ARCH_LIST="9.0").stdout)
    assert [warning["code"] for warning in answer["data"]["warnings"]] == ["own-value-kept"]
    assert "TORCH_CUDA_ARCH_LIST" not in answer["data"]["variables"]


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler")
def test_onnxruntime_without_torch_finds_its_libraries_at_the_loader(tmp_path: Path) -> None:
    """A real library, found by the real loader: what `LD_LIBRARY_PATH` is for."""
    venv.EnvBuilder(symlinks=os.name == "posix", with_pip=False).create(tmp_path)
    add_distribution(tmp_path, "onnxruntime_gpu", "1.23.2")
    folder = site_packages_of(tmp_path) / "nvidia" / "cudnn" / "lib"
    folder.mkdir(parents=True)
    (tmp_path / "cudnn.c").write_text("int cudnnGetVersion(void) { return 91900; }")
    built = subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", folder / "libcudnn.so.9", tmp_path / "cudnn.c"], check=False
    )
    assert built.returncode == 0
    script = "import ctypes; print(ctypes.CDLL('libcudnn.so.9').cudnnGetVersion())"
    command = ("--venv", tmp_path, "--", "python", "-c", script)
    assert run(*command).stdout == "91900\n"
    add_distribution(tmp_path, "torch", "2.13.0+cu130")
    assert "libcudnn.so.9: cannot open shared object file" in run(*command).stderr


def test_json_shows_the_variables(environment: Path) -> None:
    answer = json.loads(run("--venv", environment, "--json").stdout)
    assert (answer["status"], answer["data"]["venv"]) == ("ok", str(environment))
    assert answer["data"]["variables"]["VIRTUAL_ENV"] == str(environment)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        ((), 2, "nothing-to-run"),
        (("--print", "sh", "--", "true"), 2, "run-prints-or-runs"),
        (("--", "no-such-program"), 1, "program-not-found"),
        (("--gpu", "3", "--", "true"), 2, "unknown-gpu-selector"),
    ],
)
def test_what_cannot_be_run_is_a_coded_error(
    environment: Path, arguments: tuple[str, ...], exit_code: int, code: str
) -> None:
    ran = run("--venv", environment, *arguments, gpus="rtx-5090")
    assert (ran.returncode, f"[{code}]" in ran.stderr) == (exit_code, True), ran.stderr
