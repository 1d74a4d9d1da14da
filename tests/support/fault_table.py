"""The fault table: what is done to a run of `gpuenv`, and how it must end. Data only; `fault_world` carries it out.

`docs/reliability.md` is made from these rows and from the results of a run: `scripts/write_reliability.py`.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from support.index_server import Fault as IndexFault

if TYPE_CHECKING:
    from collections.abc import Mapping

Ending = Literal["before", "planned", "either"]
"""File for file the state before the run, or the planned one."""

Command = Literal["mend", "mend-with-pip", "create", "create-on-cpu", "prove-on-cpu", "undo"]
"""What is run: the repair of an environment with either engine; a new environment; a change whose checks fail; the
undo of a repair."""

Place = Literal["disk", "small-disk", "overlay", "read-only", "odd-path"]
"""Where the environment is."""

Actor = Literal["nothing", "kill-inside", "kill-recovery", "second-run", "signal-twice"]
"""What is done from outside while it runs."""

TORCH: Final = "/whl/cu130/torch-2.15.0"
"""The file that a mended environment needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault."""

    id: str
    group: str
    what: str
    ends: Ending
    command: Command = "mend"
    exit_code: int | None = None
    """None where the process is killed: then the next command puts things in order."""
    status: str | None = None
    codes: tuple[str, ...] = ()
    """Errors that the envelope must name, in this order, among others."""
    command_shown: str = ""
    """A command that the envelope must name, where one is needed to put things in order; `{root}` as below."""
    seams: tuple[str, ...] = ()
    """What happens inside the run: see `support.seams`; `{root}` stands for the environment."""
    index: tuple[tuple[str, IndexFault], ...] = ()
    """How requests to the index go wrong, by path."""
    environ: Mapping[str, str] = field(default_factory=dict)
    is_cold: bool = False
    """With an empty download cache."""
    place: Place = "disk"
    actor: Actor = "nothing"
    step: tuple[str, str] = ("", "")
    """For `kill-inside`: the marks between which the kill falls; empty for the begin and the end of the process."""
    runs: int = 1
    slow_runs: int = 0
    """How many times it is run, each with a moment of its own, in the default and in the slow suite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """A fault that cannot be made on the machines of these tests; the code that meets it is tested through its seam."""

    id: str
    what: str
    meets_it: str
    """What gpuenv does about it."""
    tested_by: tuple[str, ...]
    """Tests, as pytest names them below `tests/`."""


REPLACED: Final = b"another sound wheel of the same name"
"""Stands for the bytes of such a wheel."""

BACK: Final = ("state-before-restored",)

_SIDES: Final = ("before", "after")
_EVENTS: Final = (
    ("begin", 1, "before the snapshot"),
    ("snapshot-complete", 1, "at the end of the snapshot"),
    ("step", 1, "before the removal"),
    ("step-done", 1, "after the removal"),
    ("step", 2, "before the installation"),
    ("step-done", 2, "after the installation"),
    ("committed", 1, "at the commit"),
)
_MORE_WITH_PIP: Final = (
    ("step", 3, "before the installation from the second index"),
    ("step-done", 3, "after the installation from the second index"),
)
"""pip gets a command for each index that packages come from."""
_ONCE_WITH_PIP: Final = (("step-done", 2, "after"),)
"""Those of the default suite: pip takes seconds."""


def _boundaries() -> tuple[Row, ...]:
    return tuple(
        Row(
            id=f"kill-{side}-{event}-{number}",
            group="kill -9 at the boundaries of steps",
            what=f"{place}: {side} entry {number} `{event}` of the journal is on the disk",
            ends=_end_of(event, side),
            seams=(f"kill-{side}:{event}:{number}",),
            runs=int(side == "after" or event == "committed"),
            slow_runs=int(side == "before" and event != "committed"),  # the point after the entry before is the same
        )
        for event, number, place in _EVENTS
        for side in _SIDES
    )


def _boundaries_with_pip() -> tuple[Row, ...]:
    """The points at which pip was or is about to be at work; the others do not depend on the engine."""
    return tuple(
        Row(
            id=f"pip-kill-{side}-{event}-{number}",
            group="kill -9 at the boundaries of steps, with `--engine pip`",
            what=f"{place}: {side} entry {number} `{event}` of the journal is on the disk",
            ends=_end_of(event, side),
            command="mend-with-pip",
            seams=(f"kill-{side}:{event}:{number}",),
            runs=int((event, number, side) in _ONCE_WITH_PIP),
            slow_runs=int((event, number, side) not in _ONCE_WITH_PIP),
        )
        for event, number, place in (*_EVENTS[2:-1], *_MORE_WITH_PIP, _EVENTS[-1])
        for side in _SIDES
    )


def _end_of(event: str, side: str) -> Ending:
    return "planned" if (event, side) == ("committed", "after") else "before"


_STEPS: Final = (
    ("planning", "while it plans", "", "journal:begin"),
    ("snapshot", "while it takes the snapshot", "journal:begin", "journal:snapshot-complete"),
    ("removing", "while packages are removed", "stage:removing-packages", "stage:installing-packages"),
    ("installing", "while packages are installed", "stage:installing-packages", "stage:checking-outcome"),
    ("checking", "while the outcome is compared", "stage:checking-outcome", "stage:inspecting-libraries"),
    ("proving", "while the libraries are inspected", "stage:inspecting-libraries", "journal:committed"),
    ("committing", "after the commit, while older snapshots go", "journal:committed", ""),
)


def _inside() -> tuple[Row, ...]:
    return tuple(
        Row(
            id=f"kill-while-{name}",
            group="kill -9 at random moments",
            what=f"{place}; every other time with all that it started, as by a power cut",
            ends="planned" if name == "committing" else "either",
            actor="kill-inside",
            step=(begin, end),
            runs=1,
            slow_runs=9,
        )
        for name, place, begin, end in _STEPS
    )


def _signals() -> tuple[Row, ...]:
    stages = (
        ("removing-packages", "as packages are removed"),
        ("installing-packages", "as packages are installed"),
        ("checking-outcome", "as the outcome is compared"),
        ("inspecting-libraries", "as the libraries are inspected"),
    )
    numbers = (
        (signal.SIGINT, "Ctrl-C", 130),
        (signal.SIGTERM, "SIGTERM", 143),
        (signal.SIGHUP, "the terminal is closed", 143),
    )
    return tuple(
        Row(
            id=f"{number.name.lower()}-{stage}",
            group="signals",
            what=f"{name} {place}",
            ends="before",
            exit_code=exit_code,
            status="rolled-back",
            codes=("interrupted", "environment-as-before"),
            seams=(f"signal:{stage}:{int(number)}",),
            runs=int(number == signal.SIGINT or stage == "installing-packages"),
            slow_runs=int(number != signal.SIGINT and stage != "installing-packages"),
        )
        for number, name, exit_code in numbers
        for stage, place in (stages if number != signal.SIGHUP else stages[1:2])
    )


def _index_faults() -> tuple[Row, ...]:
    files = (
        ("wheel-truncated", "the wheel breaks off", IndexFault(truncate_to=4000), "download-cut-off"),
        ("wheel-corrupt", "the wheel is damaged, at its right length", IndexFault(corrupt=True), "download-damaged"),
        ("wheel-dropped", "the connection is closed", IndexFault(drop=True), "network-unreachable"),
        ("wheel-403", "the index lists the wheel and answers 403", IndexFault(status=403), "index-refused"),
        ("wheel-404", "the index lists the wheel and answers 404", IndexFault(status=404), "wheel-not-on-server"),
        ("wheel-500", "the index answers 500", IndexFault(status=500), "index-failed"),
        ("wheel-hangs", "the index never answers", IndexFault(hang_s=60), "network-timed-out"),
        ("index-dies", "the index dies in the middle of the wheel", IndexFault(truncate_to=4000, is_last=True), None),
    )
    pages = (
        ("page-403", "the page answers 403", IndexFault(status=403), "index-forbidden"),
        ("page-404", "the page is not there", IndexFault(status=404), "index-not-found"),
        ("page-500", "the page answers 500", IndexFault(status=500), "index-answered-error"),
        ("page-hangs", "the page never comes", IndexFault(hang_s=60), "index-timed-out"),
    )
    return (
        *(
            Row(
                id=name,
                group="index",
                what=what,
                ends="before",
                exit_code=1,
                status="rolled-back",
                codes=((code, *BACK) if code else BACK),
                index=((TORCH, fault),),
                environ={"UV_HTTP_TIMEOUT": "1"},
                is_cold=True,
            )
            for name, what, fault, code in files
        ),
        *(
            Row(
                id=name,
                group="index",
                what=what,
                ends="before",
                exit_code=1,
                status="failed",
                codes=(code,),
                index=(("/whl", fault),),
                environ={"PIP_TIMEOUT": "1"},
                runs=int(not fault.hang_s),  # it is tried again several times
                slow_runs=int(bool(fault.hang_s)),
            )
            for name, what, fault, code in pages
        ),
        Row(
            id="wheel-slow",
            group="index",
            what="the wheel pauses in the middle, shorter than the time-out",
            ends="planned",
            exit_code=0,
            status="unverified",
            index=((TORCH, IndexFault(pause_s=0.7)),),
            is_cold=True,
        ),
        Row(
            id="wheel-replaced",
            group="index",
            what="a sound wheel with other content than the index announced",
            ends="before",
            exit_code=1,
            status="rolled-back",
            codes=("hash-mismatch", *BACK),
            is_cold=True,
            index=((TORCH, IndexFault(body=REPLACED, content_type="application/octet-stream")),),
        ),
    )


_DISKS: Final = (
    Row(
        id="disk-full-installing",
        group="disk",
        what="the environment's file system (a tmpfs) is full as packages are installed",
        ends="before",
        exit_code=1,
        status="rolled-back",
        codes=("no-space", *BACK),
        place="small-disk",
        seams=("fill:installing-packages:{place}",),
    ),
    Row(
        id="disk-full-committing",
        group="disk",
        what="the environment's file system is full when all is installed and only the commit is left",
        ends="before",
        exit_code=1,
        status="rolled-back",
        codes=("system-refused", "environment-as-before"),
        place="small-disk",
        seams=("fill:inspecting-libraries:{place}",),
    ),
    Row(
        id="disk-too-small",
        group="disk",
        what="the plan does not fit on the environment's file system",
        ends="before",
        exit_code=1,
        status="failed",
        codes=("not-enough-disk",),
        place="small-disk",
        seams=("fill:reading-index:{place}",),
    ),
    Row(
        id="read-only",
        group="disk",
        what="site-packages cannot be written (a read-only mount for root, else its mode)",
        ends="before",
        exit_code=1,
        status="failed",
        codes=("environment-not-writable",),
        place="read-only",
    ),
    Row(
        id="no-links-fails",
        group="disk",
        what="the file system refuses hard links (simulated), and the checks fail",
        ends="before",
        command="prove-on-cpu",
        exit_code=3,
        status="rolled-back",
        codes=("verification-failed", *BACK),
        seams=("no-links",),
    ),
    Row(
        id="no-links-succeeds",
        group="disk",
        what="the file system refuses hard links (simulated), and nothing else is wrong",
        ends="planned",
        exit_code=0,
        status="unverified",
        seams=("no-links",),
    ),
    Row(
        id="no-links-killed",
        group="disk",
        what="the file system refuses hard links (simulated), and the run is killed after the installation",
        ends="before",
        seams=("no-links", "kill-after:step-done:2"),
    ),
    Row(
        id="no-links-undo",
        group="disk",
        what="an undo where the file system refuses hard links (simulated)",
        ends="planned",
        command="undo",
        exit_code=0,
        status="ok",
        seams=("no-links",),
    ),
    Row(
        id="overlay-fails",
        group="disk",
        what="an environment in the lower layer of an overlay, and the checks fail",
        ends="before",
        command="prove-on-cpu",
        exit_code=3,
        status="rolled-back",
        codes=("verification-failed", *BACK),
        place="overlay",
    ),
    Row(
        id="odd-path-fails",
        group="disk",
        what="the environment's path is long and has spaces and characters outside ASCII, and the checks fail",
        ends="before",
        command="prove-on-cpu",
        exit_code=3,
        status="rolled-back",
        codes=("verification-failed", *BACK),
        place="odd-path",
    ),
    Row(
        id="way-back-refused",
        group="disk",
        what="the checks fail, and the system refuses to put the files back (simulated); the command that is shown does"
        " it afterwards",
        ends="before",
        command="prove-on-cpu",
        exit_code=5,
        status="failed",
        codes=("rollback-failed",),
        command_shown="gpuenv undo --venv {root}",
        seams=("no-way-back",),
    ),
    Row(
        id="held-folders-fails",
        group="disk",
        what="the environment's folders cannot be renamed (simulated), and the checks fail",
        ends="before",
        command="prove-on-cpu",
        exit_code=3,
        status="rolled-back",
        codes=("verification-failed", *BACK),
        seams=("held-folders",),
    ),
)

_OTHERS: Final = (
    Row(
        id="no-fault",
        group="others",
        what="nothing goes wrong",
        ends="planned",
        exit_code=0,
        status="unverified",
    ),
    Row(
        id="verification-fails",
        group="others",
        what="what was installed fails its checks",
        ends="before",
        command="prove-on-cpu",
        exit_code=3,
        status="rolled-back",
        codes=("verification-failed", *BACK),
    ),
    Row(
        id="new-environment-fails",
        group="others",
        what="a new environment whose wheel does not come",
        ends="before",
        command="create",
        exit_code=1,
        status="rolled-back",
        codes=("index-failed", "new-environment-removed"),
        index=((TORCH, IndexFault(status=500)),),
        is_cold=True,
    ),
    Row(
        id="new-environment-fails-checks",
        group="others",
        what="a new environment whose packages fail their checks",
        ends="before",
        command="create-on-cpu",
        exit_code=3,
        status="rolled-back",
        codes=("verification-failed", "new-environment-removed"),
    ),
    Row(
        id="no-fault-with-pip",
        group="others",
        what="nothing goes wrong, with `--engine pip` (same plan and same outcome: a test compares them)",
        ends="planned",
        command="mend-with-pip",
        exit_code=0,
        status="unverified",
    ),
    Row(
        id="new-environment-interrupted",
        group="others",
        what="Ctrl-C as packages are installed into a new environment",
        ends="before",
        command="create",
        exit_code=130,
        status="rolled-back",
        codes=("interrupted", "new-environment-removed"),
        seams=(f"signal:installing-packages:{int(signal.SIGINT)}",),
    ),
    Row(
        id="second-run-waits",
        group="others",
        what="a second run begins while the first is at work: it waits, and finds nothing left to do",
        ends="planned",
        exit_code=0,
        status="ok",
        index=((TORCH, IndexFault(hang_s=1.0)),),
        is_cold=True,
        actor="second-run",
    ),
    Row(
        id="second-run-gives-up",
        group="others",
        what="a second run begins and the first is at work for longer than it waits: it says who holds the environment",
        ends="planned",
        exit_code=1,
        status="failed",
        codes=("environment-busy",),
        index=((TORCH, IndexFault(hang_s=8.0)),),
        is_cold=True,
        actor="second-run",
        runs=0,
        slow_runs=1,
    ),
    Row(
        id="pip-meanwhile",
        group="others",
        what="pip installs a package into the environment between the removal and the installation",
        ends="before",
        exit_code=1,
        status="rolled-back",
        codes=("changed-underneath", *BACK),
        seams=("run:installing-packages:{pip}",),
    ),
    Row(
        id="pip-before-commit",
        group="others",
        what="pip installs a package into the environment as the outcome is compared",
        ends="before",
        exit_code=1,
        status="rolled-back",
        codes=("outcome-not-planned", *BACK),
        seams=("run:checking-outcome:{pip}",),
    ),
    Row(
        id="kill-while-recovering",
        group="kill -9 at random moments",
        what="killed after the installation, and the run that puts things back is killed as well",
        ends="before",
        actor="kill-recovery",
        seams=("kill-after:step-done:2",),
        runs=2,
        slow_runs=8,
    ),
    Row(
        id="kill-while-undoing",
        group="kill -9 at random moments",
        what="an undo is killed",
        ends="either",
        command="undo",
        actor="kill-inside",
        runs=2,
        slow_runs=8,
    ),
    Row(
        id="ctrl-c-twice",
        group="signals",
        what="Ctrl-C, and again while the state before is put back",
        ends="before",
        exit_code=130,
        status="rolled-back",
        codes=("interrupted", "environment-as-before"),
        actor="signal-twice",
        seams=(f"signal:checking-outcome:{int(signal.SIGINT)}",),
    ),
)

ROWS: Final[tuple[Row, ...]] = (
    *_boundaries(),
    *_boundaries_with_pip(),
    *_inside(),
    *_signals(),
    *_DISKS,
    *_index_faults(),
    *_OTHERS,
)

NOT_RUN: Final = (
    NotRun(
        id="windows-library-in-use",
        what="a program has a library of the environment loaded, so its folder cannot be renamed",
        meets_it="the trees are exchanged file by file; what is in use and unchanged stays; else the program that"
        " holds it is named, with the command that goes on (exit code 5)",
        tested_by=(
            "install/test_change.py::test_every_way_back_leads_to_the_state_before",
            "install/snapshots/test_holders.py::test_windows_is_asked_which_programs_hold_a_file",
            "install/test_windows.py::test_a_library_in_use_that_did_not_change_is_no_obstacle",
            "install/test_windows.py::test_a_library_in_use_that_changed_is_named_with_its_program",
        ),
    ),
    NotRun(
        id="windows-paths",
        what="an environment with a long path, with spaces, and with characters outside ASCII",
        meets_it="paths are handed on as they are, and recorded in UTF-8",
        tested_by=("install/test_windows.py::test_a_long_path_that_is_not_ascii_goes_there_and_back",),
    ),
    NotRun(
        id="windows-cp936",
        what="a console of code page 936, which cannot show every character",
        meets_it="what cannot be shown is replaced by a question mark; the exit code stays",
        tested_by=("install/test_windows.py::test_a_console_that_cannot_show_a_path_gets_a_stand_in",),
    ),
    NotRun(
        id="windows-gpuenv-inside",
        what="`gpuenv.exe` and `python.exe` run from the very environment that they change",
        meets_it="as with a library in use: both stay where they are, since no plan touches them",
        tested_by=("install/test_windows.py::test_programs_that_run_from_the_environment_stay_where_they_are",),
    ),
)
