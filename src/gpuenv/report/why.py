"""Shows why the builds of one version serve a target or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.report.labels import label
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.notice import Notice
    from gpuenv.models.resolution import Candidate, Coverage, DriverFit, RuntimeCandidate
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

    Row = tuple[Candidate | RuntimeCandidate, Notice | None, tuple[Coverage, ...], DriverFit | None]


def why_as_json(rows: Iterable[Row], language: Language) -> list[dict[str, Any]]:
    """Make one object per build: what it is, whether it serves, and the fact that decides."""
    return [
        {
            "candidate": candidate.build.label,
            "source": candidate.source.kind.value,
            "evidence": candidate.build.provenance.evidence.value,
            "evidence_source": candidate.build.provenance.source,
            "sass": [code.sm for code in sorted(candidate.build.sass)],
            "ptx": [code.compute for code in sorted(candidate.build.ptx)],
            "serves": refusal is None,
            "code": refusal.code if refusal else None,
            "detail": phrase(refusal.code, refusal.context, language).message if refusal else None,
            "coverage": [
                {"gpu": served.gpu.name, "kind": served.kind, "via": _name(served.kind, str(served.via))}
                for served in coverage
            ],
            "driver_fit": fit.value if fit else None,
        }
        for candidate, refusal, coverage, fit in rows
    ]


def write_why(terminal: Terminal, rows: Iterable[dict[str, Any]]) -> None:
    """Write each build with its code, its evidence, and the verdict."""
    for row in rows:
        verdict = row["detail"] or _praise(row, terminal.language)
        terminal.print(f"{row['candidate']} ({row['source']})", style="green" if row["serves"] else "red")
        terminal.print(f"  {verdict}")
        code, evidence = (label(name, terminal.language) for name in ("code", "evidence"))
        terminal.print(f"  {code} {' '.join([*row['sass'], *row['ptx']]) or '-'}", style="dim")
        terminal.print(f"  {evidence} {row['evidence']}: {row['evidence_source']}", style="dim")


def _praise(row: dict[str, Any], language: Language) -> str:
    """Say how a build serves each GPU, and how it fits the driver where one was stated."""
    how = ", ".join(f"{one['gpu']}: {one['via']}" for one in row["coverage"])
    fit = row["driver_fit"]
    is_told = fit is not None and fit != "unknown"
    code = "serves-with-fit" if is_told else "serves"
    named = label(fit, language) if is_told else None
    facts = {"build": row["candidate"], "source": row["source"], "how": how or "CPU", "fit": named}
    return phrase(code, facts, language).message


def _name(kind: str, architecture: str) -> str:
    return f"{'compute' if kind == 'ptx' else 'sm'}_{architecture}"
