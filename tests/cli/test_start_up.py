"""What commands load: a command is fast by what it leaves alone, and each module here costs as much as its work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import gpuenv
from support.small_environments import make_venv

if TYPE_CHECKING:
    from pathlib import Path

ANY_COMMAND = (
    *("requests", "rich", "pynvml", "elftools", "tomlkit", "importlib.metadata", "platformdirs"),
    *("urllib.request", "http.client", "ssl", "html.parser", "email", "tomllib", "tomli", "configparser"),
    *("hashlib", "tempfile", "shutil", "zipfile", "difflib", "json.tool", "asyncio", "gpuenv.process"),
)
"""Loaded by none of the commands below, which have all they need in files that they understand themselves."""

PLAN = ("plan", "torch", "--offline", "--target", "rtx-5090", "--driver", "580.95.05", "--platform", "linux-x86_64")
PLAIN_TORCH = (
    *("gpuenv.matrix.extensions_file", "gpuenv.matrix.onnxruntime_file", "gpuenv.matrix.applications_file"),
    *("gpuenv.models.extension", "gpuenv.models.environment", "gpuenv.detect.environment"),
    *("gpuenv.resolve.installed_extensions", "gpuenv.resolve.leavings", "gpuenv.resolve.inconsistencies"),
    *("gpuenv.resolve.causes", "gpuenv.resolve.driver_hints", "gpuenv.resolve.conflict"),
    *("gpuenv.workflow.resolving.pairings", "gpuenv.workflow.resolving.unknown_releases"),
    *("gpuenv.workflow.resolving.extension_choice", "gpuenv.workflow.known_applications"),
    *("gpuenv.workflow.measuring.offline_newer", "gpuenv.rules.wheel_labels", "gpuenv.rules.consistency"),
)
"""What a plan for torch alone, for a machine elsewhere, has no use for: rows and rules of other packages, of
environments, of conflicts."""
LOOKS = ("packaging", "subprocess", "logging", "gpuenv.matrix", "gpuenv.resolve", "gpuenv.index")

REPORT = """
import sys
before = set(sys.modules)
from gpuenv.__main__ import main
code = main()
names = sorted(set(sys.modules) - before)
import json
print(json.dumps([code, names]), file=sys.stderr)
"""


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """Run a command in a process without settings, as it is from the second time on: the modules that it loads."""
    environ = {
        "PATH": "",
        "HOME": str(cwd),
        "SYSTEMROOT": os.environ.get("SYSTEMROOT", ""),
        "PIP_CONFIG_FILE": os.devnull,
        "GPUENV_CACHE_DIR": str(cwd / "cache"),
        "GPUENV_DATA_DIR": str(cwd / "data"),
        "GPUENV_LANG": "en",
    }
    argv = [sys.executable, "-I", "-c", REPORT, *arguments]
    subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, check=True)
    ran = subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, text=True, check=True)
    code, names = json.loads(ran.stderr.splitlines()[-1])
    assert code == 0, ran.stderr
    return set(names)


def test_the_version_is_told_without_loading_anything(tmp_path: Path) -> None:
    assert loaded("--version", cwd=tmp_path) == {"__future__", "gc", "gpuenv", "gpuenv.__main__"}


def test_a_plan_for_a_described_machine_leaves_network_processes_and_toml_alone(tmp_path: Path) -> None:
    names = loaded(*PLAN, cwd=tmp_path)
    assert names & {*ANY_COMMAND, "gpuenv.detect.host", "gpuenv.index.pages", "gpuenv.binaries", "gpuenv.lock"} == set()
    assert "gpuenv.resolve.resolver" in names


def test_a_plan_for_torch_alone_leaves_what_is_known_of_other_packages_and_of_conflicts_alone(tmp_path: Path) -> None:
    assert loaded(*PLAN, cwd=tmp_path) & set(PLAIN_TORCH) == set()


def test_a_plan_reads_the_rows_of_extensions_where_one_is_asked_for(tmp_path: Path) -> None:
    argv = [word if word != "torch" else "xformers" for word in PLAN]
    assert "gpuenv.matrix.extensions_file" in loaded(*argv, cwd=tmp_path)


def test_a_local_folder_of_wheels_is_read_without_http(tmp_path: Path) -> None:
    wheel = tmp_path / "wheels" / "torch-2.15.0+cu130-cp312-cp312-manylinux_2_28_x86_64.whl"
    wheel.parent.mkdir()
    wheel.touch()
    names = loaded(*PLAN, "--python", "3.12", "--indexes", str(wheel.parent), cwd=tmp_path)
    assert "gpuenv.index.pages" in names
    assert names & set(ANY_COMMAND) == set()


def test_looking_at_a_machine_without_a_gpu_needs_no_matrix_and_no_process(tmp_path: Path) -> None:
    names = loaded("detect", cwd=tmp_path)
    if "gpuenv.detect.judging.scene" in names and "gpuenv.detect.sources.recognition" in names:
        pytest.skip("this machine has a GPU")
    assert names & {*ANY_COMMAND, *LOOKS} == set()


def test_reading_a_small_log_needs_no_network_no_program_and_no_resolver(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("KeyError: 'price'\n", encoding="utf-8")
    names = loaded("diagnose", "--log", "log.txt", cwd=tmp_path)
    if "gpuenv.detect.judging.scene" in names and "gpuenv.detect.sources.recognition" in names:
        pytest.skip("this machine has a GPU")
    rooms = {"gpuenv.resolve", "gpuenv.index", "gpuenv.binaries", "gpuenv.lock", "gpuenv.verify"}
    assert names & {*ANY_COMMAND, *rooms} == set()


def test_running_a_program_needs_no_matrix_no_resolver_and_asks_no_interpreter_twice(tmp_path: Path) -> None:
    make_venv(tmp_path / "env", os.environ)
    for path in (tmp_path / "env").rglob("*"):  # settled for longer than a file system's clock may be off
        os.utime(path, (1.7e9, 1.7e9), follow_symlinks=False)
    names = loaded("run", "--venv", "env", "--print", "sh", cwd=tmp_path)
    if "gpuenv.detect.judging.scene" in names and "gpuenv.detect.sources.recognition" in names:
        pytest.skip("this machine has a GPU")
    rooms = {"gpuenv.matrix.catalog", "gpuenv.resolve", "gpuenv.index", "gpuenv.workflow.resolving", "gpuenv.verify"}
    used = {"packaging.requirements", "packaging.specifiers"}
    assert names & {*ANY_COMMAND, *rooms, *used} == {"gpuenv.process"}


def test_inspecting_one_library_needs_no_matrix_and_no_process(tmp_path: Path) -> None:
    import _ctypes  # noqa: PLC0415 - a native library that every Python has

    names = loaded("inspect", _ctypes.__file__, cwd=tmp_path)
    assert names & {*ANY_COMMAND, "packaging", "subprocess", "logging", "gpuenv.matrix", "gpuenv.resolve"} == set()


def test_the_library_costs_nothing_before_a_verb_is_used() -> None:
    script = "import sys; before = set(sys.modules); import gpuenv; print(sorted(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['__future__', 'gpuenv']"
    for verb in set(gpuenv.__all__) - {"__version__"}:
        assert callable(getattr(gpuenv, verb))
