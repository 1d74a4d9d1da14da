"""Words a diagnosis for a bug tracker, without the names of users and hosts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.report.diagnose_cause import cause_sentence
from gpuenv.report.diagnose_hints import hints_for
from gpuenv.report.diagnose_repair import repair_sentence
from gpuenv.report.diagnose_text import fact_lines
from gpuenv.report.labels import label
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.report.diagnose_findings import Findings
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_HOME: Final = re.compile(
    r"(?i)((?:/home/|/Users/|/export/home/|[A-Z]:[\\/]{1,2}Users[\\/]{1,2}|\\\\[\w.-]{1,64}\\Users\\))"
    r"[^/\\\s\"':<>|]{1,64}(?:\s[^/\\\s\"':<>|]{1,32}(?=[\\/]))?"
)
_HOST: Final = re.compile(
    r"(?i)\b(host(?:name)?|computer(?:name)?|machine ?name|node(?:name)?)\s?([=:])\s?[\w.-]{1,64}"
)
_USER: Final = re.compile(r"(?i)\b(user(?:name)?|logname|login)\s?([=:])\s?[\w.@-]{1,64}")
_PROMPT: Final = re.compile(r"(?<![\w.@/])[a-z_][\w.-]{0,31}@[A-Za-z][\w.-]{0,62}(?=[:~$#])")
"""`anna@workstation:~$`, as it is copied along with a command."""
_JOURNAL: Final = re.compile(
    r"(?m)^((?:\s{0,8})[A-Z][a-z]{2}\s[\s\d]\d\s\d\d:\d\d:\d\d\s)[\w.-]{1,64}(?=\s[\w@./-]{1,64}(?:\[\d|:))"
)
_SHORTEST_NAME: Final = 3
"""Characters: a shorter name is part of many words."""
_VARIABLES: Final = ("USER", "USERNAME", "LOGNAME", "HOSTNAME", "COMPUTERNAME", "HOST", "USERDOMAIN")
_COMMON: Final = frozenset({"root", "user", "admin", "localhost", "python", "torch", "cuda", "gpu", "windows", "linux"})
"""Names that tell nobody, and stand in messages for other reasons."""


def write_markdown(terminal: Terminal, findings: Findings, surroundings: Surroundings) -> None:
    """Print a report that can be pasted into a bug tracker."""
    terminal.write(redact(_markdown(findings, terminal.language), surroundings))


def _markdown(findings: Findings, language: Language) -> str:
    lines = ["### gpuenv diagnose", "", *(f"- {line}" for line in fact_lines(findings, language))]
    for found in (findings.report.primary, *findings.report.others):
        if found is not None:
            message = cause_sentence(found.cause, language)
            lines += ["", f"**{message}** `{found.cause.code}` ({label(found.confidence, language)})", ""]
            lines += [f"    {line}" for line in found.evidence]
    verdict = findings.verdict
    if verdict is not None:
        lines += ["", phrase(verdict.code, verdict.context, language).message]
    if findings.repair is not None:
        lines += ["", repair_sentence(findings.repair, language)]
    hints = hints_for(findings, language)
    if hints:
        lines += ["", "```", *hints, "```"]
    return "\n".join(lines) + "\n"


def redact(text: str, surroundings: Surroundings) -> str:
    """Leave out home folders, and the names of users and hosts, of this machine and of the text's."""
    home = str(surroundings.home)
    if len(home) > 1:
        text = text.replace(home, "~")
    text = _HOME.sub(r"\1...", text)
    text = _HOST.sub(r"\1\2...", text)
    text = _USER.sub(r"\1\2...", text)
    text = _PROMPT.sub("...@...", text)
    text = _JOURNAL.sub(r"\1...", text)
    for variable in _VARIABLES:
        name = surroundings.environ.get(variable, "")
        if len(name) >= _SHORTEST_NAME and name.lower() not in _COMMON:
            text = re.sub(rf"(?i)(?<![\w]){re.escape(name)}(?![\w])", "...", text)
    return text
