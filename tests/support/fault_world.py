"""The world of the fault table: an index, an environment to be mended, and runs of `gpuenv` that meet a fault."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest
from uv import find_uv_bin

from support.fault_table import REPLACED
from support.index_server import Fault as IndexFault
from support.index_server import IndexServer
from support.small_environments import make_venv, picture, python_of, site_packages_of
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.command import Ran
    from support.fault_table import Command, Place, Row
    from support.warm_process import Started, WarmStart

TAG: Final = f"cp{sys.version_info.major}{sys.version_info.minor}"
WHEEL_TAGS: Final = f"{TAG}-{TAG}-manylinux_2_28_x86_64"
RTX_5090: Final = ("--target", "rtx-5090", "--driver", "580.95.05")
SMALL_DISK_BYTES: Final = 40 * 1024 * 1024

INSTALLED: Final = "2.14.1+cu130"
"""The torch of the environment: it has a file outside the environment's trees, which has to come back with it."""

MEND: Final = ("install", "-U", "torch", "--yes", *RTX_5090)
COMMANDS: Final[Mapping[Command, tuple[str, ...]]] = {
    "mend": MEND,
    "mend-with-pip": (*MEND, "--engine", "pip"),
    "create": ("install", "torch", *RTX_5090),
    "prove-on-cpu": ("install", "torch==2.13.0", "--yes", "--target", "cpu"),
    "create-on-cpu": ("install", "torch", "--target", "cpu"),
    "undo": ("undo",),
}

Picture = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """How a run ended."""

    ending: str
    """`before`, `planned`, or in what the environment is neither."""
    exit_code: int | None
    """None for a killed process."""
    status: str | None
    codes: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What a command does without a fault."""

    before: Picture
    planned: Picture
    took_s: float
    marks: dict[str, tuple[float, ...]]
    """When each point was passed, in seconds after the start."""
    steps: list[dict[str, Any]]
    """The plan, as the envelope has it."""


class World:
    """One index, one warm process, and a template of an environment."""

    def __init__(self, folder: Path, warm: WarmStart) -> None:
        """Make it; `folder` is empty and stays."""
        self.folder = folder
        self.warm = warm
        self.wheels = folder / "wheels"
        self.template = folder / "template"
        self.cache = folder / "uv-cache"
        self._patterns: dict[Command, Pattern] = {}
        self._make_wheels()
        self._make_template()

    # ------------------------------------------------------------------------------------------------- preparation

    def _make_wheels(self) -> None:
        modules = {f"torch/part_{number}.py": f"NUMBER = {number}\n" * 20 for number in range(60)}
        script = {"torch-{}.dist-info/entry_points.txt": "[console_scripts]\ntorchrun = torch:main\n"}
        self._listed: list[tuple[Path, str]] = []
        for version, index in ((INSTALLED, "cu130"), ("2.15.0+cu130", "cu130"), ("2.13.0+cpu", "cpu")):
            files: dict[str, str | bytes] = {
                "torch/__init__.py": f"__version__ = {version!r}\n",
                "torch/version.py": f"__version__ = {version!r}\n",
                "torch/lib/large.bin": random.Random(version).randbytes(400_000),  # noqa: S311 - no secret
                **({f"torch-{version}.data/data/config/torch.toml": version} if version == INSTALLED else {}),
                **modules,
                **{name.format(version): text for name, text in script.items()},
            }
            wheel = make_wheel(self.wheels, "torch", version, tags=WHEEL_TAGS, requires=("sympy>=1.13.1",), files=files)
            self._listed.append((wheel, index))
        for name, version, tags in (
            ("sympy", "1.13.0", "py3-none-any"),
            ("sympy", "1.14.0", "py3-none-any"),
            ("foreign", "1.0", "py3-none-any"),
            ("nvidia_cublas_cu12", "12.8.4.1", "py3-none-any"),
        ):
            text = {"nvidia/cublas/lib/libcublas.so.12": "stale"} if name.startswith("nvidia") else None
            wheel = make_wheel(self.wheels, name, version, tags=tags, files=text)
            self._listed.append((wheel, "pypi"))
        other = make_wheel(
            self.folder / "replaced", "torch", "2.15.0+cu130", tags=WHEEL_TAGS, files={"torch/evil.py": "evil = True\n"}
        )
        self._replacement = other.read_bytes()

    def _make_template(self) -> None:
        """Make an environment in need of repair, with a script, a link and a data file of its own."""
        make_venv(self.template, self.environ())
        with self.index() as server:
            found = [str(wheel) for wheel, _ in self._listed if "2.14.1" in wheel.name or "sympy-1.13" in wheel.name]
            found += [str(wheel) for wheel, _ in self._listed if "cublas" in wheel.name]
            command = [find_uv_bin(), "pip", "install", "-q", "--no-deps", "--python", str(python_of(self.template))]
            subprocess.run(
                [*command, "--default-index", server.simple_url, *sorted(found)], check=True, env=self.environ()
            )
        for folder in site_packages_of(self.template).glob("*.dist-info"):
            (folder / "direct_url.json").unlink(missing_ok=True)  # as if they came from the index
            (folder / "uv_cache.json").unlink(missing_ok=True)
        script = self.template / "bin" / "own-script"
        script.write_text("#!/bin/sh\necho own\n")
        script.chmod(0o750)
        (site_packages_of(self.template) / "own-link").symlink_to("sympy")

    def environ(self) -> dict[str, str]:
        """Variables of the engines: nothing of the developer's own configuration."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "UV_CACHE_DIR": str(self.cache),
            "UV_HTTP_RETRIES": "0",
            "UV_PYTHON_DOWNLOADS": "never",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "PIP_CERT": "",
            "PIP_RETRIES": "0",
            "GPUENV_CACHE_DIR": str(self.folder / "cache"),
        }

    @contextmanager
    def index(self) -> Iterator[IndexServer]:
        """An index with everything."""
        with IndexServer() as server:
            for wheel, index in self._listed:
                server.add(wheel, index)
            yield server

    @contextmanager
    def environment(self, place: Place, command: Command) -> Iterator[Path]:
        """A copy of the template at such a place; for `create` only its folder."""
        ground = self.folder / "ground"
        ground.mkdir()
        try:
            with _PLACES[place](ground, None if command.startswith("create") else self.template) as root:
                yield root
        finally:
            _clear(ground)

    # -------------------------------------------------------------------------------------------------------- runs

    def start(
        self,
        command: Command,
        root: Path,
        server: IndexServer,
        *,
        seams: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
        name: str = "run",
        options: tuple[str, ...] = (),
    ) -> Started:
        """Begin a command on the environment at `root`."""
        options = options if command == "undo" else (*options, "--indexes", server.pytorch_url)
        words = {"root": str(root), "place": str(root.parent), "pip": self._pip(root, server)}
        filled = tuple(_filled(seam, words) for seam in seams)
        return self.warm.start(
            [*COMMANDS[command], "--venv", str(root), *options, "--json"],
            cwd=self.folder,
            environ={**self.environ(), "PIP_INDEX_URL": server.simple_url, **(environ or {})},
            output=self.folder / name,
            seams=filled,
        )

    def _pip(self, root: Path, server: IndexServer) -> str:
        """The command of somebody else who installs into the environment."""
        install = [sys.executable, "-m", "pip", "--python", str(python_of(root)), "install", "-q"]
        return json.dumps([*install, "--isolated", "--no-deps", "--index-url", server.simple_url, "foreign"])

    def pattern(self, command: Command) -> Pattern:
        """What the command does without a fault; found out once."""
        if command not in self._patterns:
            with self.index() as server, self.environment("disk", command) as root:
                if command == "undo":
                    assert self.start("mend", root, server).wait().exit_code == 0
                before = picture(root) if root.exists() else {}
                began = time.monotonic()
                started = self.start(command, root, server)
                ran = started.wait()
                took_s = time.monotonic() - began
                assert ran.exit_code in {0, 3}, ran.stdout + ran.stderr
                marks: dict[str, tuple[float, ...]] = {}
                for seconds, mark in started.marks():
                    marks[mark] = (*marks.get(mark, ()), seconds - began)
                steps = ran.envelope["data"].get("steps", [])
                self._patterns[command] = Pattern(
                    before=before, planned=picture(root), took_s=took_s, marks=marks, steps=steps
                )
        return self._patterns[command]

    def suffer(self, row: Row, number: int) -> Observed:
        """Let a run meet the fault for the `number`th time, put things in order as a user would, and look."""
        pattern = self.pattern(row.command)
        began = time.monotonic()
        with self.index() as server, self.environment(row.place, row.command) as root:
            if row.command == "undo":
                assert self.start("mend", root, server).wait().exit_code == 0
            for path, fault in row.index:
                server.fail(path, replace(fault, body=self._replacement) if fault.body == REPLACED else fault)
            for wheel, index in self._listed:  # its metadata is read while planning, and is not what fails
                server.fail(f"/whl/{index}/{quote(wheel.name)}.metadata", IndexFault())
            cold = {"UV_NO_CACHE": "1"} if row.is_cold else {}
            run = _Run(world=self, row=row, root=root, server=server, environ={**cold, **row.environ}, number=number)
            ended = run.act(pattern)
            (root.parent / "filler").unlink(missing_ok=True)
            if ended.exit_code < 0 or row.command_shown:
                _require_shown(row, root, ended)
                self._recover(root, server)
            self.warm.await_quiet()
            after = picture(root) if root.exists() else {}
            _require_tidy(root)
        return _observed(row, pattern, ended, after, seconds=time.monotonic() - began)

    def _recover(self, root: Path, server: IndexServer) -> None:
        """What the next command does with what a kill left; an engine that was left behind is waited for."""
        from gpuenv.install.recovery import unfinished  # noqa: PLC0415 - the fixture's process needs it here only

        if root.exists() and unfinished(root):
            ran = self.start("undo", root, server, name="recovery").wait()
            assert (ran.exit_code, ran.envelope["data"]["outcome"]) == (0, "recovered"), ran.stdout
            assert not unfinished(root)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run that meets its fault."""

    world: World
    row: Row
    root: Path
    server: IndexServer
    environ: Mapping[str, str]
    number: int

    def act(self, pattern: Pattern) -> Ran:
        match self.row.actor:
            case "nothing":
                return self._start().wait()
            case "kill-inside":
                return self._kill_inside(pattern)
            case "kill-recovery":
                return self._kill_recovery()
            case "second-run":
                return self._second_run()
            case "signal-twice":
                return self._signal_twice()

    def _start(self) -> Started:
        return self.world.start(self.row.command, self.root, self.server, seams=self.row.seams, environ=self.environ)

    @property
    def _chance(self) -> random.Random:
        return random.Random(f"{self.row.id}-{self.number}")  # noqa: S311 - no secret, and the same moments every time

    def _kill_inside(self, pattern: Pattern) -> Ran:
        begin, end = self.row.step
        begins = pattern.marks[begin][0] if begin else 0.0
        ends = next((seconds for seconds in pattern.marks[end] if seconds >= begins), begins) if end else pattern.took_s
        started = self._start()
        if begin:
            started.await_mark(begin)
        time.sleep(self._chance.uniform(0, ends - begins))
        started.kill(with_engines=self.number % 2 == 1)
        return started.wait()

    def _kill_recovery(self) -> Ran:
        ended = self._start().wait()
        recovering = self.world.start("undo", self.root, self.server, name="recovery")
        time.sleep(self._chance.uniform(0, 0.03))
        recovering.kill()
        recovering.wait()
        return ended

    def _second_run(self) -> Ran:
        first = self._start()
        first.await_mark("stage:installing-packages")
        second = self.world.start(self.row.command, self.root, self.server, environ=self.environ, name="second").wait()
        assert first.wait().exit_code == 0
        return second

    def _signal_twice(self) -> Ran:
        started = self._start()
        started.await_mark("stage:checking-outcome")
        for _ in range(4):
            os.kill(started.pid, signal.SIGINT)
            time.sleep(0.002)
        return started.wait()


def _clear(folder: Path) -> None:
    """Delete a folder in which something that a kill left behind may still be at work."""
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
    raise AssertionError(folder)


def _filled(seam: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        seam = seam.replace(f"{{{name}}}", word)
    return seam


def _observed(row: Row, pattern: Pattern, ended: Ran, after: Picture, *, seconds: float) -> Observed:
    if after == pattern.before:
        ending = "before"
    elif after == pattern.planned and not row.command.endswith("on-cpu"):
        ending = "planned"
    else:
        changes = sorted(set(after.items()) ^ set(pattern.before.items()))
        ending = f"neither: {[path for path, _ in changes][:12]}"
    if row.exit_code is None:  # killed, or faster than the killer
        return Observed(ending=ending, exit_code=None, status=None, codes=(), seconds=seconds)
    envelope: dict[str, Any] = ended.envelope
    assert envelope["data"].get("changed", False) is (ending == "planned" and row.actor != "second-run") or (
        row.command == "undo"
    )
    return Observed(
        ending=ending,
        exit_code=ended.exit_code,
        status=envelope["status"],
        codes=tuple(error["code"] for error in envelope["errors"]),
        seconds=seconds,
    )


def _require_shown(row: Row, root: Path, ended: Ran) -> None:
    if row.command_shown:
        hints = [hint for error in ended.envelope["errors"] for hint in error["hints"]]
        assert hints == [_filled(row.command_shown, {"root": str(root)})]


def _require_tidy(root: Path) -> None:
    """Nothing that a way back took out of the environment may stay behind."""
    changes = root / ".gpuenv" / "changes"
    left = [path.name for path in changes.glob("*/set-aside/*")] if changes.exists() else []
    assert left == []


# ------------------------------------------------------------------------------------------------------------ places


def _copy(template: Path | None, root: Path) -> Path:
    if template is not None:
        subprocess.run(["cp", "-a", str(template), str(root)], check=True)
    return root


@contextmanager
def _mounted(point: Path, *arguments: str) -> Iterator[None]:
    point.mkdir(exist_ok=True)
    made = subprocess.run(["mount", *arguments, str(point)], check=False, capture_output=True)
    if made.returncode != 0:
        pytest.skip("a file system can be mounted by root only")
    try:
        yield
    finally:
        subprocess.run(["umount", str(point)], check=True)


@contextmanager
def _on_disk(ground: Path, template: Path | None) -> Iterator[Path]:
    yield _copy(template, ground / "env")


@contextmanager
def _on_small_disk(ground: Path, template: Path | None) -> Iterator[Path]:
    with _mounted(ground / "small", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}", "tmpfs"):
        yield _copy(template, ground / "small" / "env")


@contextmanager
def _on_overlay(ground: Path, template: Path | None) -> Iterator[Path]:
    for name in ("lower", "upper", "work"):
        (ground / name).mkdir()
    _copy(template, ground / "lower" / "env")
    layers = f"lowerdir={ground}/lower,upperdir={ground}/upper,workdir={ground}/work"
    with _mounted(ground / "merged", "-t", "overlay", "-o", layers, "overlay"):
        yield ground / "merged" / "env"


@contextmanager
def _on_odd_path(ground: Path, template: Path | None) -> Iterator[Path]:
    folder = ground / "显卡 环境 ü" / ("长" * 40) / ("x" * 100)
    folder.mkdir(parents=True)
    yield _copy(template, folder / "env")


@contextmanager
def _read_only(ground: Path, template: Path | None) -> Iterator[Path]:
    root = _copy(template, ground / "env")
    site_packages = site_packages_of(root)
    if os.geteuid() != 0:
        site_packages.chmod(0o555)
        yield root
        site_packages.chmod(0o755)
        return
    with _mounted(site_packages, "--bind", str(site_packages)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(site_packages)], check=True)
        yield root


_PLACES: Final = {
    "disk": _on_disk,
    "small-disk": _on_small_disk,
    "overlay": _on_overlay,
    "read-only": _read_only,
    "odd-path": _on_odd_path,
}
