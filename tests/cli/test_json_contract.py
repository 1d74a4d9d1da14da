"""Each command's JSON is what docs/json.md says, in success and in failure, whole key sets compared."""

from __future__ import annotations

import copy
import json
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gpuenv.cli.commands import COMMANDS
from gpuenv.report.messages import phrase
from support.command import gpuenv
from support.contract import check_envelope, commands, objects
from support.in_process import gpuenv_here

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = [command.name for command in COMMANDS]
MACHINE = ("--target", "rtx-5090", "--driver", "580.95.05", "--platform", "linux-x86_64", "--python", "3.12")
OLD = ("--target", "gtx-1080-ti", "--driver", "580.95.05", "--platform", "linux-x86_64", "--python", "3.12")
PLAN = ("plan", "torch", "--offline")
PLAIN = {"string", "boolean", "integer", "number", "object", "null"}

SUCCESSES: dict[str, tuple[str, ...]] = {
    "a plan": (*PLAN, *MACHINE),
    "a plan of the CPU": (*PLAN, "--target", "cpu"),
    "an application": ("plan", "app:gpt-sovits", "--offline", *MACHINE),
    "why": ("plan", "--why", "torch==2.15.0", "--offline", *MACHINE),
    "a dry run": ("install", "torch", "--dry-run", "--offline", *MACHINE),
    "a table for a project": ("lock", "torch", "--init"),
    "a machine": ("detect",),
    "a check-up without an environment": ("diagnose",),
    "a text without a fault": ("diagnose", "--log", "quiet.txt"),
    "a library": ("inspect", "library.so"),
    "a script": ("build", "torch==2.9.1", "--print", "--target", "rtx-5090", "--platform", "linux-x86_64"),
    "variables": ("run", "--venv", "env"),
    "the matrices": ("matrix", "list"),
    "a matrix": ("matrix", "show"),
    "a capability": ("matrix", "show", "--arch", "sm_50"),
    "a release": ("matrix", "show", "--torch", "2.14"),
    "applications": ("matrix", "show", "--app"),
    "one application": ("matrix", "show", "--app", "gpt-sovits"),
    "a sound matrix": ("matrix", "validate"),
}
FAILURES: dict[str, tuple[str, ...]] = {
    "a conflict": ("plan", "torch>=2.15", "--offline", *OLD),
    "an unknown GPU": (*PLAN, "--target", "rtx-509"),
    "an install without a GPU": ("install", "torch", "--offline"),
    "a lock without a GPU": ("lock", "torch", "--offline"),
    "a diagnosed text": ("diagnose", "--log", "error.txt"),
    "nothing to undo": ("undo", "--venv", "env"),
    "nothing to run in": ("run", "--venv", "nowhere"),
    "a description that cannot be written": ("detect", "--save", "no/such/folder/machine.json"),
    "no environment to verify": ("verify", "--venv", "nowhere"),
    "no library": ("inspect", "quiet.txt"),
    "a library without code for a GPU": ("inspect", "library.so", "--target", "rtx-5090"),
    "a library and no GPU": ("inspect", "library.so", "--target", "current-gpu"),
    "no source": ("build", "nowhere", "--venv", "env"),
    "no GPU to build for": ("build", "torch==2.9.1", "--print"),
    "no such capability": ("matrix", "show", "--arch", "sm_999"),
    "no such command": ("instal", "torch"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import _ctypes  # noqa: PLC0415 - a native library that every Python has

    made = tmp_path_factory.mktemp("contract")
    venv.create(made / "env", with_pip=False)
    (made / "library.so").write_bytes(Path(_ctypes.__file__).read_bytes())
    (made / "quiet.txt").write_text("KeyError: 'price'\n", encoding="utf-8")
    (made / "error.txt").write_text("AssertionError: Torch not compiled with CUDA enabled\n", encoding="utf-8")
    return made


@pytest.mark.parametrize("case", SUCCESSES)
def test_a_success_is_as_the_page_says(case: str, folder: Path) -> None:
    ran = gpuenv_here(*SUCCESSES[case], "--json", cwd=folder, environ={"GPUENV_GPUS": "none"})
    envelope = ran.envelope
    assert (envelope["schema"], envelope["status"], envelope["exit_code"], envelope["errors"]) == (1, "ok", 0, [])
    assert envelope["command"] == SUCCESSES[case][0]
    assert envelope["data"]
    assert ran.stderr == ""


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_is_as_the_page_says(case: str, folder: Path) -> None:
    ran = gpuenv_here(*FAILURES[case], "--json", cwd=folder, environ={"GPUENV_GPUS": "none"})
    envelope = ran.envelope
    assert envelope["exit_code"] in {1, 2, 3}
    assert envelope["status"] in {"conflict", "failed"}
    told = envelope["errors"] or [envelope["data"].get("conflict") or envelope["data"].get("primary")]
    told = told if told != [None] else [envelope["data"]["verdict"]]
    assert all(one["code"] and one["message"] for one in told)
    assert ran.stderr == ""


def test_every_command_is_run_here_in_success_and_in_failure() -> None:
    assert {arguments[0] for arguments in FAILURES.values()} >= set(NAMES)
    # An undo and a verification that succeed need a change, and a torch: their own tests hold them against the page.
    assert {arguments[0] for arguments in SUCCESSES.values()} == set(NAMES) - {"undo", "verify"}
    assert list(commands()) == NAMES


def test_a_batch_answers_with_an_envelope_a_line(tmp_path: Path) -> None:
    lines = ['{"target": "rtx-5090", "driver": "580.95.05"}', '{"id": "b", "target": "rtx-509"}', "nonsense"]
    (tmp_path / "machines.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ran = gpuenv_here("plan", "torch", "--offline", "--batch", "machines.jsonl", "--json", cwd=tmp_path)
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    for answer in answers:
        check_envelope(answer)
    found = [(answer["data"]["id"], answer["status"], answer["exit_code"]) for answer in answers]
    assert found == [("1", "ok", 0), ("b", "failed", 2), ("3", "failed", 2)]
    assert ran.exit_code == 2


def test_the_page_names_no_type_that_it_does_not_explain() -> None:
    used = {one.rpartition(" of ")[2] for fields in objects().values() for _, types in fields.values() for one in types}
    unknown = {one for one in used if one not in PLAIN and not one.startswith('"') and not one.isdigit()}
    assert unknown - set(objects()) == set()
    reached = unknown | {name for names in commands().values() for name in names} | {"envelope"}
    assert set(objects()) - reached == set()


@pytest.mark.parametrize("damage", ["missing", "new", "type", "null"])
def test_an_envelope_that_differs_from_the_page_is_refused(damage: str, folder: Path) -> None:
    good = gpuenv_here(*PLAN, *MACHINE, "--json", cwd=folder).envelope
    bad: dict[str, Any] = copy.deepcopy(good)
    changes: Mapping[str, Any] = {"type": 3, "null": None}
    if damage == "missing":
        del bad["data"]["resolution"]["kept"]
    elif damage == "new":
        bad["data"]["target"]["colour"] = "green"
    else:
        bad["data"]["matrix"] = changes[damage]
    with pytest.raises(AssertionError, match=r"not as docs/json\.md says"):
        check_envelope(bad)


@pytest.mark.parametrize("encoding", ["ascii", "cp936", "cp1252", "utf-8"])
def test_json_is_the_same_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    environ = {"GPUENV_GPUS": "none", "GPUENV_LANG": "zh", "PYTHONIOENCODING": encoding}
    ran = gpuenv("install", "torch", "--json", cwd=tmp_path, environ=environ)
    assert ran.stdout.isascii() == (encoding != "utf-8")
    assert ran.envelope["data"]["conflict"]["message"] == phrase("no-gpu", {}, "zh").message
