"""From a text and facts to one primary cause, how sure it is, and what else it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.diagnose.advice import judge_advice
from gpuenv.diagnose.architecture import judge_architecture, judge_extension, judge_ptx_origin
from gpuenv.diagnose.checkup import check_facts
from gpuenv.diagnose.driver_faults import driver_context, judge_combination, judge_insufficient, judge_no_driver
from gpuenv.diagnose.facts import read_facts
from gpuenv.diagnose.known import know
from gpuenv.diagnose.loader_faults import judge_missing_library, judge_undefined_symbol
from gpuenv.diagnose.matching import find_hits
from gpuenv.diagnose.normalise import fold, normalise
from gpuenv.diagnose.onnxruntime_faults import judge_library, judge_provider, judge_requirement
from gpuenv.diagnose.toolkit_faults import judge_toolkit
from gpuenv.diagnose.verdict import Verdict
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.diagnosis import Decision, Diagnosis, DiagnosisReport
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gpuenv.diagnose.known import Known
    from gpuenv.diagnose.matching import Hit
    from gpuenv.diagnose.normalise import LogText
    from gpuenv.models.diagnosis import Confidence, SignatureBook
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.matrix import CompatibilityMatrix

_FAULT_WORDS: Final = tuple(map(fold, ("traceback", "error", "exception", "fatal", "failed", "abort")))
_RANKS: Final[Mapping[Confidence, int]] = {"high": 2, "medium": 1, "low": 0}
_EVIDENCE: Final = 5
"""Lines that are quoted for one cause."""


@dataclass(slots=True, kw_only=True)
class _Candidate:
    """One cause while evidence is still being gathered for it."""

    verdict: Verdict
    weight: int
    evidence: list[str]


def diagnose(
    text: str,
    *,
    signatures: SignatureBook,
    machine: HostFacts | None,
    environment: Environment | None,
    matrix: CompatibilityMatrix | None,
) -> DiagnosisReport:
    """Find the cause of what a text complains of; an empty text asks for a check of the facts alone.

    What a program printed and what was measured here goes before what a person states. Machine and environment are
    those that the text is of: None where that is not known. The time is linear in the text, and bounded.
    """
    log = normalise(text)
    known = know(
        read_facts(log, signatures.families), machine=machine, environment=environment, matrix=matrix, book=signatures
    )
    candidates: dict[str, _Candidate] = {}
    remaining: dict[str, list[str]] = {}
    is_masked = False
    for hit in find_hits(log, signatures.signatures):
        is_masked = is_masked or hit.signature.decision is Decision.MASK
        verdict = judge(hit, known)
        if verdict is None:
            continue
        weight = hit.signature.weight if verdict.weight is None else verdict.weight
        _add(candidates, verdict, weight=weight, evidence=[hit.quote, *verdict.reasons])
        for code in verdict.remaining:
            remaining.setdefault(code, [hit.quote])
    if is_masked or (not candidates and not _complains(log)):
        for verdict in check_facts(known):
            _add(candidates, verdict, weight=verdict.weight or 0, evidence=list(verdict.reasons))
    return _report(candidates, remaining, known, log)


def _complains(log: LogText) -> bool:
    """Whether a text has an error in it, of whatever kind: what versions show is then not its cause."""
    return any(word in log.folded for word in _FAULT_WORDS)


def judge(hit: Hit, known: Known) -> Verdict | None:
    """Let the facts decide what one signature means; None where it turns out to be no fault of ours."""
    if hit.signature.decision is Decision.FIRST:
        return Verdict(
            code=hit.signature.causes[0],
            confidence=hit.signature.confidence,
            context={**driver_context(known, hit), **hit.found},
            remaining=hit.signature.causes[1:],
        )
    return _JUDGES[hit.signature.decision](hit, known)


def _judge_cpu_build(hit: Hit, known: Known) -> Verdict:
    """A CPU build, unless the environment that was looked at has another: then another interpreter has spoken."""
    context = {"torch": known.torch_label}
    if known.environment is not None and known.torch_cuda is not None:
        return Verdict(
            code="another-interpreter",
            confidence="medium",
            context={**context, "python": str(known.environment.python)},
            reasons=(known.torch_label or "torch", str(known.environment.python)),
            remaining=("cpu-build-installed",),
        )
    return Verdict(code="cpu-build-installed", confidence=hit.signature.confidence, context=context)


def _judge_mask(hit: Hit, known: Known) -> Verdict:
    return Verdict(
        code=hit.signature.causes[0],
        confidence="low",
        context={"torch": known.torch_label},
        remaining=hit.signature.causes[1:],
    )


_JUDGES: Final[Mapping[Decision, Callable[[Hit, Known], Verdict | None]]] = {
    Decision.ARCHITECTURE: judge_architecture,
    Decision.EXTENSION_ARCHITECTURE: judge_extension,
    Decision.PTX_ORIGIN: judge_ptx_origin,
    Decision.ONNXRUNTIME_REQUIREMENT: judge_requirement,
    Decision.ONNXRUNTIME_LIBRARY: judge_library,
    Decision.ONNXRUNTIME_PROVIDER: judge_provider,
    Decision.MISSING_LIBRARY: judge_missing_library,
    Decision.UNDEFINED_SYMBOL: judge_undefined_symbol,
    Decision.TOOLKIT_ARCHITECTURE: judge_toolkit,
    Decision.DRIVER_COMBINATION: judge_combination,
    Decision.DRIVER_INSUFFICIENT: judge_insufficient,
    Decision.NO_DRIVER: judge_no_driver,
    Decision.CPU_BUILD: _judge_cpu_build,
    Decision.MASK: _judge_mask,
}


def _add(candidates: dict[str, _Candidate], verdict: Verdict, *, weight: int, evidence: list[str]) -> None:
    """Gather evidence by cause: the heaviest wording gives the sentence its facts."""
    there = candidates.get(verdict.code)
    if there is None:
        candidates[verdict.code] = _Candidate(verdict=verdict, weight=weight, evidence=evidence)
        return
    there.evidence.extend(line for line in evidence if line not in there.evidence)
    if (weight, _RANKS[verdict.confidence]) > (there.weight, _RANKS[there.verdict.confidence]):
        there.verdict, there.weight = verdict, weight


def _report(
    candidates: Mapping[str, _Candidate], remaining: Mapping[str, Iterable[str]], known: Known, log: LogText
) -> DiagnosisReport:
    ranked = sorted(candidates.values(), key=lambda found: (-found.weight, -_RANKS[found.verdict.confidence]))
    if not ranked:
        return DiagnosisReport(primary=None)
    diagnoses = [_diagnosis(found.verdict, found.evidence, known) for found in ranked]
    context = ranked[0].verdict.context
    others = [
        _diagnosis(Verdict(code=code, confidence="low", context=context), evidence, known)
        for code, evidence in remaining.items()
        if code not in candidates
    ]
    advice = [_diagnosis(verdict, verdict.reasons, known) for verdict in judge_advice(log, known, ranked[0].verdict)]
    primary = ranked[0].verdict
    at_fault = diagnoses[0].cause.context.get("capability")
    return DiagnosisReport(
        primary=diagnoses[0],
        others=(*diagnoses[1:], *advice, *others),
        rivals=tuple(code for code in primary.remaining if code != primary.code),
        facts=known.facts_of_fault(ComputeCapability.parse(str(at_fault)) if at_fault else None),
    )


def _diagnosis(verdict: Verdict, evidence: Iterable[str], known: Known) -> Diagnosis:
    facts = {**known.context, **{name: value for name, value in verdict.context.items() if value is not None}}
    return Diagnosis(
        cause=Notice.of(verdict.code, **{name: value for name, value in facts.items() if value is not None}),
        cause_class=verdict.cause_class or known.book.cause_class(verdict.code),
        confidence=verdict.confidence,
        evidence=tuple(line for line in dict.fromkeys(evidence) if line)[:_EVIDENCE],
    )
