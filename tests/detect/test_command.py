"""`gpuenv detect` as a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def gpuenv(cwd: Path, *argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    return subprocess.run(
        [sys.executable, "-m", "gpuenv", "detect", *argv],
        cwd=cwd,
        env={**kept, "GPUENV_LANG": "en", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def data_of(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    envelope = json.loads(ran.stdout)
    assert (envelope["command"], envelope["status"], envelope["exit_code"], envelope["errors"]) == (
        "detect",
        "ok",
        0,
        [],
    )
    data: dict[str, Any] = envelope["data"]
    return data


def test_a_stated_machine_is_shown_in_lines(tmp_path: Path) -> None:
    ran = gpuenv(tmp_path, GPUENV_GPUS="rtx-5090,sm_61", GPUENV_DRIVER="580.95.05")
    assert ran.returncode == 0
    assert ran.stdout.splitlines()[:3] == [
        "GPU       0: NVIDIA GeForce RTX 5090, compute capability 12.0",
        "GPU       1: sm_61, compute capability 6.1",
        "driver    580.95.05",
    ]


def test_a_stated_machine_is_told_as_json(tmp_path: Path) -> None:
    data = data_of(gpuenv(tmp_path, "--json", GPUENV_GPUS="rtx-5090", GPUENV_DRIVER="580.95.05"))
    assert data["environment"] is None
    host = data["host"]
    assert host["presence"] == "present"
    assert host["gpus"] == [
        {
            "index": 0,
            "name": "NVIDIA GeForce RTX 5090",
            "compute_capability": "12.0",
            "uuid": None,
            "pci_device_id": None,
            "pci_bus_id": None,
            "memory_bytes": None,
            "mig": None,
            "mig_instances": None,
            "probe": "override",
        }
    ]
    assert host["driver"] == {"version": "580.95.05", "cuda_version": None, "probe": "override"}
    assert host["probes"][0] == {"probe": "override", "outcome": "ok", "detail": "1 GPU"}


@pytest.mark.parametrize(("name", "capability"), [("v100", "7.0"), ("4090", "8.9"), ("1080ti", "6.1")])
def test_a_short_name_that_leaves_one_capability_open_is_enough(tmp_path: Path, name: str, capability: str) -> None:
    (gpu,) = data_of(gpuenv(tmp_path, "--json", GPUENV_GPUS=name))["host"]["gpus"]
    assert (gpu["name"], gpu["compute_capability"]) == (name, capability)


def test_a_word_of_many_capabilities_is_no_gpu(tmp_path: Path) -> None:
    assert gpuenv(tmp_path, GPUENV_GPUS="quadro").returncode == 2


def test_a_machine_without_a_gpu_is_told_as_such(tmp_path: Path) -> None:
    ran = gpuenv(tmp_path, GPUENV_GPUS="none")
    assert ran.returncode == 0
    assert ran.stdout.splitlines()[0] == "GPU       no NVIDIA GPU"


def test_the_saved_description_names_the_machine_and_not_its_user(tmp_path: Path) -> None:
    data = data_of(gpuenv(tmp_path, "--json", "--save", "box.json", GPUENV_GPUS="sm_90"))
    assert data["saved"] == str(tmp_path / "box.json")
    text = (tmp_path / "box.json").read_text(encoding="utf-8")
    assert json.loads(text)["gpus"] == [
        {"name": "sm_90", "compute_capabilities": ["9.0"], "pci_device_id": None, "memory_bytes": None}
    ]
    assert str(tmp_path) not in text


def test_an_environment_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    ran = gpuenv(tmp_path, "--json", "--venv", "none")
    assert ran.returncode == 1
    (error,) = json.loads(ran.stdout)["errors"]
    assert error["code"] == "environment-not-found"
    assert error["hints"] == [f"gpuenv install --venv {tmp_path / 'none'}"]


def test_a_broken_environment_found_by_default_is_noted(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    data = data_of(gpuenv(tmp_path, "--json", GPUENV_GPUS="none"))
    assert data["environment"] is None
    assert [warning["code"] for warning in data["warnings"]] == ["not-an-environment"]


def test_an_interpreter_that_hangs_does_not_hold_detection_up(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\nsleep 60\n")
    python.chmod(0o755)
    started = time.monotonic()
    data = data_of(gpuenv(tmp_path, "--json", GPUENV_PROBE_TIMEOUT="1.5"))
    assert time.monotonic() - started < 5
    assert data["environment"] is None
    assert [warning["message"].endswith("no answer in 1.5 s") for warning in data["warnings"]] == [True]


def test_an_override_that_cannot_be_understood_ends_with_2(tmp_path: Path) -> None:
    ran = gpuenv(tmp_path, "--json", GPUENV_GPUS="rtx-9999")
    assert ran.returncode == 2
    assert [error["code"] for error in json.loads(ran.stdout)["errors"]] == ["override-invalid"]


@pytest.mark.parametrize("heavy", ["packaging.requirements", "subprocess", "rich", "pynvml", "tomllib"])
def test_a_machine_without_a_gpu_or_environment_loads_nothing_heavy(tmp_path: Path, heavy: str) -> None:
    script = (
        "import sys\n"
        "from gpuenv.cli.main import main\n"
        "main(['detect', '--json'])\n"
        f"sys.exit({heavy!r} in sys.modules)\n"
    )
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    argv = [sys.executable, "-c", script]
    ran = subprocess.run(argv, cwd=tmp_path, env={**kept, "GPUENV_GPUS": "none"}, capture_output=True, check=False)
    assert ran.returncode == 0
