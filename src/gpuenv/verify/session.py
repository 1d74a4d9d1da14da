"""Runs check files once, in one process of the environment's Python, and reads what that process reported."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from gpuenv import process
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

PAYLOADS: Final = Path(__file__).parent / "payloads"

Mode = Literal["cuda", "cuda-group", "cpu", "cuda-after-torch", "cpu-after-torch"]

_MARKER: Final = "\x1e"
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
"""What libraries write for terminals; ONNX Runtime does so into pipes too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finished check, in the payload's own words."""

    name: str
    status: Literal["passed", "failed", "skipped"]
    code: str | None
    """Given by the check itself; None where a library raised."""
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """What came through the channel."""

    plan: tuple[str, ...] = ()
    gates: frozenset[str] = frozenset()
    """Checks without which the later ones cannot run."""
    findings: tuple[Finding, ...] = ()
    unfinished: str | None = None
    """The check that was running when the process ended."""
    facts: Mapping[str, str] = field(default_factory=dict)
    has_ended: bool = False
    """Whether every check had its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One process: what it reported, what each check printed, and how it ended."""

    reports: Reports
    printed: Mapping[str, str]
    """By check: standard output, then standard error."""
    result: process.ProcessResult


def run_session(
    python: Path,
    *,
    mode: Mode,
    files: Sequence[str],
    skip: Collection[str],
    seed: int,
    timeout_s: float,
    env: Mapping[str, str],
) -> Session:
    """Run check files of `payloads` in a process of its own; `timeout_s` is for each check."""
    token = secrets.token_hex(8)
    lines: list[str] = []
    result = process.run_reporting(
        [
            *(str(python), "-I", str(PAYLOADS / "harness.py"), "--mode", mode),
            *(part for name in files for part in ("--checks", str(PAYLOADS / name))),
            *(part for name in sorted(skip) for part in ("--skip", name)),
            *("--seed", str(seed), "--token", token, "--timeout", str(timeout_s), "--results"),
        ],
        env=env,
        on_report=lines.append,
        silence_s=timeout_s,
    )
    printed = split_printed(result.stdout, token)
    for name, text in split_printed(result.stderr, token).items():
        printed[name] = printed.get(name, "") + text
    return Session(reports=parse_reports(lines), printed=printed, result=result)


def parse_reports(lines: Iterable[str]) -> Reports:
    """Read the channel's lines, e.g. `{"event": "started", "check": "torch-import"}` (`payloads/harness.py`)."""
    plan: list[tuple[str, bool]] = []
    findings: list[Finding] = []
    facts: dict[str, str] = {}
    unfinished: str | None = None
    has_ended = False
    for line in lines:
        event: dict[str, Any] = json.loads(line)
        match event["event"]:
            case "plan":
                plan = [(str(name), bool(is_gate)) for name, is_gate in event["checks"]]
            case "started":
                unfinished = str(event["check"])
            case "finished":
                unfinished = None
                findings.append(_finding(event))
            case "fact":
                facts.setdefault(str(event["name"]), str(event["value"]))
            case "ended":
                has_ended = True
            case _:  # `device-lost` says nothing that the missing `ended` does not
                pass
    return Reports(
        plan=tuple(name for name, _ in plan),
        gates=frozenset(name for name, is_gate in plan if is_gate),
        findings=tuple(findings),
        unfinished=unfinished,
        facts=facts,
        has_ended=has_ended,
    )


def _finding(event: Mapping[str, Any]) -> Finding:
    return Finding(
        name=str(event["check"]),
        status=cast("Literal['passed', 'failed', 'skipped']", event["status"]),
        code=event["code"],
        detail=str(event["detail"]),
        seconds=float(event["seconds"]),
    )


def split_printed(text: str, token: str) -> dict[str, str]:
    """Give each check what was printed while it ran, without colours; what came between checks is under `-`."""
    printed: dict[str, str] = {}
    current = "-"
    for line in _COLOURS.sub("", text).split("\n"):  # str.splitlines would end lines at the marker too
        if line.startswith(f"{_MARKER}{token} "):
            current = line.split(" ", maxsplit=1)[1]
        elif line.strip():
            printed[current] = f"{printed.get(current, '')}{line}\n"
    return printed
