"""Runs the checks of one or more check files in this interpreter and reports each on a channel of its own.

Started as `python -I harness.py --mode cuda --checks FILE ... --results fd:N`. Needs Python 3.8 and the standard
library; imports nothing of gpuenv. The channel carries one JSON object per line:

    {"event": "plan", "checks": [["torch-import", true], ...]}     the checks in order; true: later ones need it
    {"event": "started", "check": "torch-import"}
    {"event": "finished", "check": "torch-import", "status": "passed", "code": null, "detail": "torch 2.15.0",
     "seconds": 1.9}
    {"event": "fact", "name": "torch", "value": "2.15.0"}
    {"event": "device-lost"}                                       nothing more can be run in this process
    {"event": "ended"}

Libraries print to both outputs, device code too, so what they print is fenced by marker lines instead of parsed.
A check file has `CHECKS`, rows of `CheckEntry`; the first one also tells how to wait for the device (`finish`), whether
it still answers (`is_device_usable`), and what to report in the end (`report_facts`).
"""

from __future__ import annotations

import argparse
import ctypes
import faulthandler
import importlib.util
import json
import math
import os
import random
import re
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

MARKER = "\x1e"
"""Opens a marker line: RECORD SEPARATOR, which no library prints."""

MAPPED_LIBRARIES = os.path.join(os.path.dirname(__file__), "mapped_libraries.py")  # noqa: PTH118, PTH120 - started by path
"""What lists the libraries that a process has mapped; a file of its own, for the systems differ."""

CAUSES_TOLD = 4
"""So many exceptions of a chain; each may hold a stack of its own."""


class Skipped(Exception):  # noqa: N818 - not an error
    """The check does not apply here."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Failed(Exception):  # noqa: N818 - an outcome
    """The check ran and its answer is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class CheckEntry(NamedTuple):
    """One row of a check file's `CHECKS`."""

    name: str
    function: Callable[[Bench], str]
    """Returns a detail for people; raises for everything but success."""
    modes: tuple[str, ...]
    """`cuda`: one GPU; `cuda-group`: several at once; `cpu`; these with `-after-torch`."""
    is_gate: bool = False
    """Whether the checks after it need it: it runs in every process, also when its result is known."""


class Bench:
    """What a check function gets: the device, the source of random inputs, and the ways to end."""

    def __init__(self, *, mode: str, seed: int, channel: Channel) -> None:
        self.device = "cpu" if mode.startswith("cpu") else "cuda"
        self.seed = seed
        self.modules: dict[str, Any] = {}
        self.advice: str | None = None
        self._channel = channel

    @property
    def torch(self) -> Any:  # noqa: ANN401 - whatever the environment holds
        """The module `torch`, once the check `torch-import` has passed."""
        return self.modules["torch"]

    def fact(self, name: str, value: object) -> None:
        """Report something measured on the way."""
        self._channel.send(event="fact", name=name, value=str(value))

    def skip(self, code: str, detail: str) -> NoReturn:
        """End the check: it does not apply here."""
        raise Skipped(code, detail)

    def fail(self, code: str, detail: str) -> NoReturn:
        """End the check: its answer is wrong."""
        raise Failed(code, detail)

    def advise(self, code: str) -> None:
        """Let the check pass with a code: it holds under a condition that the user must know of."""
        self.advice = code

    def random(self, *shape: int, dtype: Any = None) -> Any:  # noqa: ANN401 - tensors
        """Draw normal numbers on the CPU, the same ones for the same seed and order of calls in a check."""
        numbers = self.torch.randn(*shape, generator=self._generator)
        return numbers if dtype is None else numbers.to(dtype)

    def restart_random(self) -> None:
        """Begin the random numbers anew, so that a check's inputs do not depend on the checks before it."""
        self.advice = None
        self._plain = random.Random(self.seed)  # noqa: S311 - numbers for arithmetic
        if "torch" in self.modules:
            self._generator = self.torch.Generator().manual_seed(self.seed)

    def compare(self, actual: Any, expected: Any, *, allowed: float) -> str:  # noqa: ANN401 - tensors
        """Compare a tensor of the device with its reference; `allowed` is relative to the largest expected value."""
        if tuple(actual.shape) != tuple(expected.shape):
            self.fail("wrong-numbers", f"shape {tuple(actual.shape)} instead of {tuple(expected.shape)}")
        wide = self.torch.complex128 if actual.is_complex() else self.torch.float64
        on_host, reference = actual.detach().cpu().to(wide), expected.detach().cpu().to(wide)
        difference = float((on_host - reference).abs().max())
        scale = max(float(reference.abs().max()), 1e-30)
        detail = f"largest relative difference {difference / scale:.1e}, allowed {allowed:.0e}"
        if not difference <= allowed * scale:  # also catches NaN
            self.fail("wrong-numbers", detail)
        return detail

    def rows(self, count: int, width: int) -> list[list[float]]:
        """Draw normal numbers as plain Python's, for libraries whose arrays are not torch's."""
        return [[self._plain.gauss(0.0, 1.0) for _ in range(width)] for _ in range(count)]

    def product(self, left: list[list[float]], right: list[list[float]]) -> list[list[float]]:
        """Multiply in plain Python: the reference of a matrix product."""
        columns = list(zip(*right))  # noqa: B905 - Python 3.8
        return [[math.fsum(map(float.__mul__, row, column)) for column in columns] for row in left]

    def compare_rows(self, actual: list[list[float]], expected: list[list[float]], *, allowed: float) -> str:
        """Compare plain numbers as `compare` does tensors."""
        widths = [[len(row) for row in rows] for rows in (actual, expected)]
        if widths[0] != widths[1]:
            self.fail("wrong-numbers", f"{len(actual)} rows instead of {len(expected)}, or of another width")
        pairs = [pair for rows in zip(actual, expected) for pair in zip(*rows)]  # noqa: B905 - Python 3.8
        difference = max(abs(float(one) - other) for one, other in pairs)
        is_number = all(math.isfinite(float(one)) for one, _ in pairs)  # max() passes over NaN
        scale = max(1e-30, *(abs(other) for _, other in pairs))
        detail = f"largest relative difference {difference / scale:.1e}, allowed {allowed:.0e}"
        if not (is_number and difference <= allowed * scale):
            self.fail("wrong-numbers", detail)
        return detail

    def report_mapped(self, prefix: str = "") -> None:
        """Report which of NVIDIA's libraries this process really mapped, by path."""
        module = load_checks(MAPPED_LIBRARIES)
        for name, path in module.chosen(module.mapped_files()).items():
            self.fact(f"{prefix}loaded-{name}", path)


class Channel:
    """Where results go: an inherited descriptor, or a file."""

    def __init__(self, where: str) -> None:
        kind, _, target = where.partition(":")
        self._descriptor = int(target) if kind == "fd" else os.open(target, os.O_WRONLY | os.O_APPEND)

    def send(self, **event: Any) -> None:  # noqa: ANN401 - JSON
        """Write one line at once: a crash right after it must not lose it."""
        os.write(self._descriptor, (json.dumps(event) + "\n").encode())


def mark_outputs(token: str, name: str) -> None:
    """Flush what Python and C hold back, then write a marker line to both outputs."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush(None)
    except (OSError, AttributeError) as error:
        sys.stderr.write(f"cannot flush the C library's output: {error}\n")
        sys.stderr.flush()
    line = f"\n{MARKER}{token} {name}\n".encode()
    os.write(1, line)
    os.write(2, line)


def load_checks(path: str) -> Any:  # noqa: ANN401 - a module
    """Load a check file by its path: `-I` keeps its folder out of `sys.path`."""
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)  # noqa: PTH119 - Python 3.8
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_check(check: CheckEntry, bench: Bench, finish: Callable[[Bench], None]) -> dict[str, Any]:
    """Run one check to its verdict; `finish` waits for the device, so that late errors count.

    Not after a gate: the gates are what makes the device ready.
    """
    started = time.monotonic()
    status, code = "passed", None
    try:
        bench.restart_random()
        detail = check.function(bench)
        if not check.is_gate:
            finish(bench)
        code = bench.advice
    except Skipped as skipped:
        status, code, detail = "skipped", skipped.code, str(skipped)
    except Failed as failed:
        status, code, detail = "failed", failed.code, str(failed)
    except (Exception, SystemExit) as raised:  # noqa: BLE001 - whatever a library raises is this check's result
        status, detail = "failed", told(raised)
    return {
        "event": "finished",
        "check": check.name,
        "status": status,
        "code": code,
        "detail": detail,
        "seconds": round(time.monotonic() - started, 3),
    }


def told(raised: BaseException) -> str:
    """Tell an exception and those that it was raised from: many libraries raise the consequence, from the cause.

    A first line that only announces the next one, `backend='inductor' raised:`, is joined with it.
    """
    parts: list[str] = []
    current: BaseException | None = raised
    while current is not None and len(parts) < CAUSES_TOLD:
        parts.append(re.sub(r"\A(.*:)\n\s*", r"\1 ", f"{type(current).__name__}: {current}"))
        current = current.__cause__  # not `__context__`: what was only being handled need not be a cause
    return "\nfrom ".join(dict.fromkeys(parts))


def run_all(modules: list[Any], bench: Bench, channel: Channel, options: argparse.Namespace) -> None:
    """Run what is not skipped, in order; end early where a gate fails or the device is lost."""
    lead = modules[0]
    for check in planned(modules, options.mode):
        if check.name in options.skip and not check.is_gate:
            continue
        channel.send(event="started", check=check.name)
        mark_outputs(options.token, check.name)
        faulthandler.dump_traceback_later(options.timeout * 0.9)
        verdict = run_check(check, bench, lead.finish)
        faulthandler.cancel_dump_traceback_later()
        mark_outputs(options.token, "-")
        channel.send(**verdict)
        if verdict["status"] == "failed" and check.is_gate:
            return
        if verdict["status"] == "failed" and not lead.is_device_usable(bench):
            channel.send(event="device-lost")
            return
    lead.report_facts(bench)
    channel.send(event="ended")


def planned(modules: list[Any], mode: str) -> list[CheckEntry]:
    """The checks of all files that this mode has, in order."""
    rows = [CheckEntry(*row) for module in modules for row in module.CHECKS]
    return [row for row in rows if mode in row.modes]


def main() -> NoReturn:
    """Read the options, announce the plan, run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", required=True)
    parser.add_argument("--checks", action="append", required=True, metavar="FILE")
    parser.add_argument("--results", default="fd:1", metavar="fd:N|path:FILE")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--token", default="check")
    parser.add_argument("--timeout", type=float, default=120.0)
    parser.add_argument("--skip", action="append", default=[], metavar="CHECK")
    options = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    channel = Channel(options.results)
    modules = [load_checks(path) for path in options.checks]
    channel.send(event="plan", checks=[[row.name, row.is_gate] for row in planned(modules, options.mode)])
    bench = Bench(mode=options.mode, seed=options.seed, channel=channel)
    bench.fact("seed", options.seed)
    run_all(modules, bench, channel, options)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # libraries that crash while they unload are not what is checked


if __name__ == "__main__":
    main()
