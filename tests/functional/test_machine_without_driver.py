"""A fresh workstation whose card has no driver: commands say which one to install, and never fall back to CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from support.machine_roots import lay_out, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a Linux machine is described")

RUN = (
    "import sys\n"
    "from pathlib import Path\n"
    "from gpuenv.cli.main import main\n"
    "from gpuenv.detect.host import detect_host\n"
    "detect_host.__kwdefaults__['root'] = Path(sys.argv[1])\n"
    "sys.exit(main(sys.argv[2:]))\n"
)
"""Runs a command on a machine whose files lie below a folder."""

GPU = "NVIDIA GeForce RTX 5090 Laptop GPU (12.0)"
INSTALL = ["sudo apt install nvidia-driver-580-open", "sudo reboot"]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    lay_out("rtx-5090-laptop-without-driver", tmp_path / "root")
    (tmp_path / "project").mkdir()
    return tmp_path


def gpuenv(machine: Path, *argv: str) -> tuple[int, dict[str, Any]]:
    dropped = {"VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(machine / "root"), *argv, "--json"],
        cwd=machine / "project",
        env={**kept, "GPUENV_LANG": "en", "XDG_DATA_HOME": str(machine / "data"), "HOME": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )
    envelope: dict[str, Any] = json.loads(ran.stdout)
    assert envelope["exit_code"] == ran.returncode
    return ran.returncode, envelope


@pytest.mark.parametrize("target", ["current-gpu", "auto"])
@pytest.mark.parametrize("command", ["install", "plan"])
def test_the_driver_to_install_is_named_and_nothing_is_made(machine: Path, command: str, target: str) -> None:
    exit_code, envelope = gpuenv(machine, command, "torch", "--target", target, "--offline")
    assert (exit_code, envelope["status"]) == (1, "conflict")
    conflict = envelope["data"]["conflict"]
    assert conflict["code"] == "gpu-unusable"
    assert GPU in conflict["message"]
    assert conflict["hints"][:2] == INSTALL
    assert list((machine / "project").iterdir()) == []


def test_the_card_is_seen_by_its_id(machine: Path) -> None:
    exit_code, envelope = gpuenv(machine, "detect")
    host = envelope["data"]["host"]
    assert (exit_code, host["presence"], host["driver"]) == (0, "unusable", None)
    assert [(gpu["name"], gpu["compute_capability"], gpu["probe"]) for gpu in host["gpus"]] == [
        ("NVIDIA GeForce RTX 5090 Laptop GPU", "12.0", "pci")
    ]
    assert [problem["code"] for problem in host["problems"]] == ["driver-missing", "nouveau-until-restart"]
    assert host["problems"][0]["hints"] == INSTALL


def test_a_machine_without_any_card_gets_cpu_builds_only_where_auto_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "root/sys/bus/pci/devices/none", "")
    (tmp_path / "project").mkdir()
    exit_code, envelope = gpuenv(tmp_path, "plan", "torch", "--target", "current-gpu", "--offline")
    assert (exit_code, envelope["data"]["conflict"]["code"]) == (1, "no-gpu")
    exit_code, envelope = gpuenv(tmp_path, "plan", "torch", "--target", "auto", "--offline")
    assert exit_code == 0
    assert "cpu-because-no-gpu" in [warning["code"] for warning in envelope["data"]["warnings"]]
