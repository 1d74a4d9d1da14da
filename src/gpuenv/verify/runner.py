"""Proves an environment: runs its checks on each GPU in turn, whatever crashes or hangs on the way."""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gpuenv.models.value import dataclass
from gpuenv.models.verification import Check, VerificationReport
from gpuenv.verify.child_environment import child_environment
from gpuenv.verify.classify import FOREIGN_KERNEL, classify
from gpuenv.verify.endings import how_it_ended
from gpuenv.verify.own_proof import run_own_proof
from gpuenv.verify.profile import profile, unproven
from gpuenv.verify.session import run_session
from gpuenv.verify.suites import suites_for
from gpuenv.verify.workarounds import workarounds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.progress import Reporter
    from gpuenv.verify.own_proof import OwnProof
    from gpuenv.verify.session import Finding, Session
    from gpuenv.verify.suites import Suite

DEFAULT_TIMEOUT_S: Final = 120.0
"""For each check. Importing torch from a cold disk is the longest."""

OWN_TIMEOUT_S: Final = 600.0
"""For each command of a project: a few steps of a training take longer than any check."""

_WITHOUT_MACHINE_CODE: Final = frozenset({"needs-ptx-jit", "no-kernel-image"})
"""How a kernel ends that is there as PTX only, when the driver may not compile it."""
_DETAIL_CHARACTERS: Final = 2000


@dataclass(slots=True, kw_only=True)
class _Progress:
    """What is known of a suite so far: a crash costs its check, and the rest goes on in a fresh process."""

    place: str | None
    left_out: frozenset[str] = frozenset()
    """Checks that are not to be run."""
    checks: dict[str, Check] = field(default_factory=dict)
    is_over: bool = False

    @property
    def unreached(self) -> frozenset[str]:
        """The checks that never had their turn."""
        return frozenset(name for name, check in self.checks.items() if check.code == "not-reached")

    def record(
        self,
        name: str,
        status: Literal["passed", "failed", "skipped"],
        code: str | None,
        detail: str,
        seconds: float = 0.0,
    ) -> None:
        self.checks[name] = Check(
            name=name,
            status=status,
            gpu=self.place,
            code=code,
            detail=detail.strip()[:_DETAIL_CHARACTERS],
            seconds=seconds,
        )


def verify(
    python: Path,
    *,
    device: Literal["cuda", "cpu"],
    gpus: Sequence[Gpu],
    environ: Mapping[str, str],
    installed: Collection[str],
    timeout_s: float = DEFAULT_TIMEOUT_S,
    own_timeout_s: float = OWN_TIMEOUT_S,
    reporter: Reporter,
    required: Sequence[str] = (),
    is_full: bool = False,
    own: OwnProof | None = None,
    seed: int | None = None,
) -> VerificationReport:
    """Run every check that the installed packages have, on each of these GPUs or on the CPU.

    `timeout_s` is for each check, `own_timeout_s` for each command of the project. `installed` holds canonical names
    of distributions. `required` names capabilities (`profile.CAPABILITIES`); empty: all that were run. `is_full` adds
    what takes minutes (`suites.suites_for`). A report without checks: nothing that can be checked there is installed
    (plain `onnxruntime` has no part on a GPU). Raises `GpuenvError("program-not-found")` where `python` is gone.
    """
    chosen_seed = secrets.randbelow(2**31) if seed is None else seed
    checks: list[Check] = []
    facts: dict[str, str] = {}
    shown: str | None = None
    for suite in suites_for(device, tuple(gpus), installed, is_full=is_full):
        if suite.label != shown:  # several processes in turn, one per library: one line
            shown = suite.label
            reporter.stage("verifying", python=str(python), on=shown)
        settled = [check for check in checks if check.gpu == suite.place]
        found, measured = _run_suite(
            python, suite, settled=settled, environ=environ, timeout_s=timeout_s, seed=chosen_seed
        )
        for check in found:
            reporter.output(f"{check.status} {check.name} {check.code or ''} {check.detail}")
        checks += found
        facts = {**measured, **facts}
    if own is not None:
        checks += run_own_proof(own, python, gpus=gpus, environ=environ, timeout_s=own_timeout_s, reporter=reporter)
    return VerificationReport(
        checks=tuple(checks),
        device=device,
        facts=tuple(sorted(facts.items())),
        profile=profile(checks),
        unproven=unproven(checks, required),
        workarounds=workarounds(checks),
    )


def _run_suite(
    python: Path,
    suite: Suite,
    *,
    settled: Iterable[Check],
    environ: Mapping[str, str],
    timeout_s: float,
    seed: int,
) -> tuple[list[Check], Mapping[str, str]]:
    """Run a suite to its end, in as many processes as it takes; each of them settles one check at least."""
    progress = _Progress(place=suite.place, left_out=suite.left_out(settled))
    facts: dict[str, str] = {}
    gates: frozenset[str] = frozenset()
    with tempfile.TemporaryDirectory(prefix="gpuenv-verify-", ignore_cleanup_errors=True) as caches:
        env = {**child_environment(environ, gpus=suite.gpus, caches=Path(caches)), **suite.variables}
        while not progress.is_over:
            session = run_session(
                python,
                mode=suite.mode,
                files=suite.files,
                skip=progress.left_out.union(progress.checks),
                seed=seed,
                timeout_s=timeout_s,
                env=env,
            )
            facts |= session.reports.facts
            gates |= session.reports.gates
            _take_in(session, progress, timeout_s=timeout_s)
    checks = list(progress.checks.values())
    if suite.is_repetition:
        return [_repeated(check, suite) for check in checks if check.name not in gates | progress.unreached], {}
    if suite.mode == "cuda-group":  # each of its GPUs has passed the gates alone
        checks = [check for check in checks if check.status != "passed" or check.name not in gates]
    return checks, facts


def _repeated(check: Check, suite: Suite) -> Check:
    """Name a check that ran without the driver's compiler; a kernel that needs it has no machine code, nothing more."""
    if check.code in _WITHOUT_MACHINE_CODE:
        check = replace(check, status="skipped", code="served-by-ptx")
    return replace(check, name=suite.prefix + check.name)


def _take_in(session: Session, progress: _Progress, *, timeout_s: float) -> None:
    """Enter what a process settled, and decide whether another one is needed."""
    reports = session.reports
    before = len(progress.checks)
    for finding in reports.findings:
        _enter_finding(finding, session.printed.get(finding.name, ""), progress)
    if reports.unfinished is not None:
        _enter_unfinished(reports.unfinished, session, progress, timeout_s=timeout_s)
    elif not reports.has_ended and len(progress.checks) == before:
        ending = how_it_ended(session.result.exit_code)
        progress.record("python-starts", "failed", "interpreter-failed", session.result.stderr or ending)
        progress.is_over = True
    is_shut = any(progress.checks[gate].status == "failed" for gate in reports.gates if gate in progress.checks)
    if is_shut:
        for name in reports.plan:
            if name not in progress.left_out | progress.checks.keys():
                progress.record(name, "skipped", "not-reached", "")
    progress.is_over |= reports.has_ended or is_shut or progress.checks.keys() | progress.left_out >= set(reports.plan)


def _enter_finding(finding: Finding, printed: str, progress: _Progress) -> None:
    """Enter a finished check: what it printed can turn a pass into a failure."""
    status, code, detail = finding.status, finding.code, finding.detail
    foreign = FOREIGN_KERNEL.search(printed)
    if foreign is not None:
        status, code, detail = "failed", "kernel-built-for-other-gpu", f"{foreign[0]}; {detail}"
    elif status == "failed":
        # Some libraries (ONNX Runtime, cuDNN) raise the consequence and print the cause.
        code = code or classify(detail, otherwise=classify(printed))
        detail = f"{detail}\n{printed}"
    if finding.name not in progress.checks or status == "failed":
        progress.record(finding.name, status, code, detail, finding.seconds)


def _enter_unfinished(name: str, session: Session, progress: _Progress, *, timeout_s: float) -> None:
    """Enter the check that hung or took the process with it; its last words are the detail."""
    last_words = session.printed.get(name, "").strip()
    if session.result.timed_out:
        progress.record(name, "failed", "check-timed-out", f"no answer in {timeout_s:g} s\n{last_words}", timeout_s)
        return
    code = classify(last_words, otherwise="check-crashed")
    progress.record(name, "failed", code, f"{how_it_ended(session.result.exit_code)}\n{last_words}")
