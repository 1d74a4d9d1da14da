"""Runs a stand-alone file in a Python process of its own and keeps what it told before it was cut short."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from gpuenv import process
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How a payload ended if not by itself."""

    code: str
    """`driver-hangs` or `driver-crashes`."""
    detail: str = ""
    """The last line of its complaint."""


def run_payload(payload: Path, *arguments: str, environ: Mapping[str, str], timeout_s: float) -> tuple[str, Cut | None]:
    """Run the file isolated and without `site` (a third of the start-up time): its output, and how it was cut short."""
    ran = process.run([sys.executable, "-I", "-S", str(payload), *arguments], env=environ, timeout_s=timeout_s)
    if ran.timed_out:
        return ran.stdout, Cut(code="driver-hangs")
    if ran.succeeded:
        return ran.stdout, None
    complaint = ran.stderr.strip().splitlines()
    return ran.stdout, Cut(code="driver-crashes", detail=complaint[-1] if complaint else f"exit code {ran.exit_code}")


def parse_lines(text: str, numbered_by: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read one JSON object per line: the facts of the whole, and those of each device. A cut line is dropped."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    told = {name: value for line in lines if numbered_by not in line for name, value in line.items()}
    return told, [line for line in lines if numbered_by in line]
