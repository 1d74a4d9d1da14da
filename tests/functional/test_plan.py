"""`gpuenv plan` as a command: described machines, conflicts, batches, bad input."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from support.command import gpuenv

if TYPE_CHECKING:
    from pathlib import Path

LINUX = ("--platform", "linux-x86_64", "--python", "3.12")


@pytest.mark.parametrize(
    ("arguments", "torch", "fit"),
    [
        (("--target", "RTX 5070 Ti", "--driver", "580.95.05"), "2.15.0+cu130", "direct"),
        (("--target", "gtx-1080-ti", "--driver", "580.95.05"), "2.14.1+cu126", "direct"),
        (("--target", "gtx-1080-ti", "--driver", "580.95.05", "--indexes", "pypi"), "2.7.1+cu126", "direct"),
        (("--target", "rtx-5090", "--driver", "570.124.06"), "2.11.0+cu128", "direct"),
        (("--target", "v100,rtx-5090", "--driver", "580.95.05"), "2.10.0+cu128", "direct"),
        (("--target", "A100", "--driver", "470.82.01"), "2.7.1+cu118", "minor"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_a_described_machine_gets_a_build_that_runs_there(
    arguments: tuple[str, ...], torch: str, fit: str, tmp_path: Path
) -> None:
    ran = gpuenv("plan", "torch", "--offline", "--json", *LINUX, *arguments, cwd=tmp_path)
    assert ran.exit_code == 0, ran.stderr
    data = ran.envelope["data"]
    assert data["resolution"]["torch"]["local"] == torch
    assert data["resolution"]["driver_fit"] == fit
    assert {served["kind"] for served in data["resolution"]["coverage"]} == {"sass"}
    assert data["changed"] is False
    assert data["matrix"] == "2026.11"


def test_an_older_driver_is_told_which_one_the_newest_build_needs(tmp_path: Path) -> None:
    arguments = ("plan", "torch", "--offline", "--json", *LINUX, "--target", "rtx-5090", "--driver", "570.124.06")
    data = gpuenv(*arguments, cwd=tmp_path).envelope["data"]
    (newer,) = [warning for warning in data["warnings"] if warning["code"] == "newer-with-driver"]
    assert "580.65.06" in newer["message"]


def test_two_gpus_that_no_build_covers_are_a_conflict_with_both_subsets(tmp_path: Path) -> None:
    ran = gpuenv(
        *("plan", "torch", "--offline", "--json", *LINUX, "--target", "gtx-1080-ti,rtx-5090", "--driver", "580.95.05"),
        cwd=tmp_path,
    )
    assert ran.exit_code == 1
    assert ran.envelope["status"] == "conflict"
    conflict = ran.envelope["data"]["conflict"]
    assert conflict["code"] == "no-build-for-all-gpus"
    assert conflict["subsets"] == [
        {
            "gpus": ["NVIDIA GeForce GTX 1080 Ti"],
            "would_give": "2.14.1+cu126",
            "select": "CUDA_VISIBLE_DEVICES=0",
        },
        {"gpus": ["NVIDIA GeForce RTX 5090"], "would_give": "2.15.0+cu130", "select": "CUDA_VISIBLE_DEVICES=1"},
    ]
    for hint, torch in zip(conflict["hints"], ("2.14.1+cu126", "2.15.0+cu130"), strict=True):
        then = gpuenv(*shlex.split(hint)[1:], "--offline", "--json", cwd=tmp_path)
        assert then.envelope["data"]["resolution"]["torch"]["local"] == torch
    assert ran.envelope["data"]["resolution"] is None


def test_windows_with_pypi_alone_is_a_conflict_since_its_wheels_are_cpu_builds(tmp_path: Path) -> None:
    machine = ("--target", "rtx-5090", "--driver", "581.15", "--platform", "windows-x86_64", "--python", "3.12")
    ran = gpuenv("plan", "torch", "--offline", "--json", "--indexes", "pypi", *machine, cwd=tmp_path)
    assert ran.exit_code == 1
    assert ran.envelope["data"]["conflict"]["code"] == "no-gpu-build-on-index"


def test_the_current_gpu_of_a_machine_without_one_is_a_conflict(tmp_path: Path) -> None:
    hidden = {"GPUENV_GPUS": "none"}
    ran = gpuenv("plan", "--offline", "--json", "--target", "current-gpu", cwd=tmp_path, environ=hidden)
    assert ran.exit_code == 1
    assert ran.envelope["status"] == "conflict"
    assert "gpuenv plan --offline --json --target cpu" in ran.envelope["data"]["conflict"]["hints"]


def test_text_for_people_says_what_was_chosen_and_why(tmp_path: Path) -> None:
    ran = gpuenv(
        *("plan", "torch", "--offline", *LINUX, "--target", "gtx-1080-ti", "--driver", "580.95.05"), cwd=tmp_path
    )
    assert ran.exit_code == 0
    assert "torch 2.14.1+cu126" in ran.stdout
    assert "by sm_60" in ran.stdout
    assert "2.15.0+cu132 has no code for NVIDIA GeForce GTX 1080 Ti (6.1)" in ran.stdout
    assert "[last-release-for-gpu]" in ran.stderr


def test_chinese_is_spoken_where_it_is_asked_for(tmp_path: Path) -> None:
    ran = gpuenv(
        *("plan", "torch", "--offline", *LINUX, "--target", "gtx-1080-ti", "--driver", "580.95.05"),
        cwd=tmp_path,
        environ={"GPUENV_LANG": "zh"},
    )
    assert "最后一个支持" in ran.stderr


def test_why_explains_each_build_of_a_version_with_its_evidence(tmp_path: Path) -> None:
    ran = gpuenv(
        *("plan", "--offline", "--json", *LINUX, "--target", "gtx-1080-ti", "--driver", "580.95.05"),
        *("--why", "torch==2.15.0"),
        cwd=tmp_path,
    )
    rows = ran.envelope["data"]["why"]
    assert {row["candidate"] for row in rows} == {"2.15.0+cu130", "2.15.0+cu132"}
    assert {row["code"] for row in rows} == {"no-code-for-gpu"}
    assert all(row["evidence_source"] for row in rows)


def test_why_explains_onnxruntime_too(tmp_path: Path) -> None:
    arguments = ("plan", "--offline", "--json", *LINUX, "--target", "rtx-5090", "--driver", "580.95.05", "--why")
    (row,) = gpuenv(*arguments, "onnxruntime-gpu==1.23.0", cwd=tmp_path).envelope["data"]["why"]
    assert (row["candidate"], row["serves"], row["code"]) == ("onnxruntime-gpu 1.23.0", False, "no-code-for-gpu")
    assert row["ptx"] == ["compute_90a"]
    (row,) = gpuenv(*arguments, "onnxruntime-gpu==1.22.0", cwd=tmp_path).envelope["data"]["why"]
    assert row["coverage"] == [{"gpu": "NVIDIA GeForce RTX 5090", "kind": "ptx", "via": "compute_90"}]


def test_a_cpu_target_gets_no_torch_for_onnxruntime(tmp_path: Path) -> None:
    ran = gpuenv("plan", "onnxruntime-gpu", "--offline", "--json", "--target", "cpu", *LINUX, cwd=tmp_path)
    data = ran.envelope["data"]
    assert (data["resolution"]["torch"], data["plan_is_complete"]) == (None, False)
    assert [warning["code"] for warning in data["warnings"]] == ["onnxruntime-becomes-cpu"]


def test_a_batch_answers_each_line_with_an_envelope_of_its_own(tmp_path: Path) -> None:
    inventory = [
        {"id": "a", "target": "rtx-5090", "driver": "580.95.05", "platform": "linux-x86_64", "python": "3.12"},
        {"id": "b", "target": "no-such-card"},
        {"id": "c", "target": "gtx-1080-ti,rtx-5090", "driver": "580.95.05", "platform": "linux-x86_64"},
        {"target": "t4", "requirements": ["torch<2.10"], "platform": "linux-x86_64", "python": "3.11"},
    ]
    (tmp_path / "fleet.jsonl").write_text("\n".join(map(json.dumps, inventory)))
    ran = gpuenv("plan", "--offline", "--json", "--batch", "fleet.jsonl", cwd=tmp_path)
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(answer["data"]["id"], answer["status"], answer["exit_code"]) for answer in answers] == [
        ("a", "ok", 0),
        ("b", "failed", 2),
        ("c", "conflict", 1),
        ("4", "ok", 0),
    ]
    assert answers[3]["data"]["resolution"]["torch"]["version"] == "2.9.1"


def test_a_batch_takes_saved_machines_one_after_the_other_and_names_lines_that_cannot_be_used(tmp_path: Path) -> None:
    for name, card in (("a", "rtx-5090"), ("b", "v100")):
        stated = {"GPUENV_GPUS": card, "GPUENV_DRIVER": "580.95.05"}
        assert gpuenv("detect", "--save", f"{name}.json", cwd=tmp_path, environ=stated).exit_code == 0
    (tmp_path / "fleet.json").write_text((tmp_path / "a.json").read_text() + (tmp_path / "b.json").read_text())
    ran = gpuenv("plan", "torch", "--offline", "--json", "--batch", "fleet.json", cwd=tmp_path)
    told = [json.loads(line)["data"] for line in ran.stdout.splitlines()]
    assert [(one["id"], one["target"]["gpus"][0]["compute_capability"]) for one in told] == [
        ("1", "12.0"),
        ("2", "7.0"),
    ]
    (tmp_path / "wrong.jsonl").write_text('{"id": "rack-7", "target": "t4", "colour": 1}\n')
    ran = gpuenv("plan", "--offline", "--json", "--batch", "wrong.jsonl", cwd=tmp_path)
    assert ran.envelope["data"]["id"] == "rack-7"


def test_a_machine_without_a_gpu_is_told_once_how_to_have_the_same_on_its_cpu(tmp_path: Path) -> None:
    ran = gpuenv("plan", "torch<2.14", "numpy", "--offline", cwd=tmp_path, environ={"GPUENV_GPUS": "none"})
    assert ran.exit_code == 1
    assert ran.stderr.count("hint:") == 1
    assert 'hint: gpuenv plan "torch<2.14" numpy --offline --target cpu' in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--target", "sm_50..sm_121"), "range-is-for-lock", 2),
        (("--target", "rtx-5909"), "unknown-gpu", 2),
        (("--target", "rtx-5090", "--driver", "new"), "driver-version-invalid", 2),
        (("--target", "rtx-5090", "--python", "three"), "python-version-invalid", 2),
        (("--target", "rtx-5090", "--matrix", "1999.01"), "unknown-matrix", 2),
        (("--target", "rtx-5090", "torch>>2"), "requirement-invalid", 2),
        (("--target", "rtx-5090", "-r", "missing.txt"), "requirement-file-missing", 2),
        (("--target", "rtx-5090", "--indexes", "./missing"), "indexes-folder-missing", 2),
        (("--target", "rtx-5090", "--gpu", "7"), "unknown-gpu-selector", 2),
        (
            (
                "--target",
                "missing.json",
            ),
            "machine-unreadable",
            2,
        ),
        (("--target", "rtx-5090", "--no-such-option"), "option-unknown", 2),
        (("--target", "rtx-5090", "--why", "numpy==1"), "why-needs-torch", 2),
        (("--target", "rtx-5090", "--batch", "missing.jsonl"), "file-unreadable", 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_bad_input_gets_a_coded_error_and_never_a_traceback(
    arguments: tuple[str, ...], code: str, exit_code: int, tmp_path: Path
) -> None:
    ran = gpuenv("plan", "--offline", "--json", *arguments, cwd=tmp_path)
    assert ran.exit_code == exit_code, ran.stderr
    assert [error["code"] for error in ran.envelope["errors"]] == [code]
    assert ran.envelope["errors"][0]["message"]


def test_an_unknown_gpu_name_comes_with_near_ones(tmp_path: Path) -> None:
    (error,) = gpuenv("plan", "--offline", "--json", "--target", "rtx-5909", cwd=tmp_path).envelope["errors"]
    assert any("5090" in hint for hint in error["hints"])


@pytest.mark.parametrize("command", [("plan",), ("install", "--dry-run")])
def test_an_environment_that_a_described_target_passes_over_is_told_of(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    asked = (*command, "torch", "--target", "rtx-3060", "--offline")
    before = gpuenv(*asked, "--json", cwd=tmp_path).envelope["data"]["warnings"]
    assert "environment-passed-over" not in {found["code"] for found in before}
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    ran = gpuenv(*asked, cwd=tmp_path)
    said = "planned as for a new environment: .venv is not looked at for a described target unless --venv names it"
    assert (ran.exit_code, said in ran.stderr) == (0, True)
    assert f"hint: gpuenv {' '.join(asked)} --venv .venv" in ran.stderr
