"""Tells why a command of uv failed, from what it printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gpuenv.install.uv import without_credentials
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from gpuenv.errors import ContextValue

PROJECT_NAME: Final = "your-request"
"""Name of the project whose dependencies are resolved: uv names it in its explanations."""

_LAST_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    """Words of uv by which a cause is known; named groups become facts."""

    code: str
    pattern: re.Pattern[str]
    has_explanation: bool = False
    """Whether uv's own explanation belongs to the message."""


def _signature(code: str, pattern: str, *, has_explanation: bool = False) -> _Signature:
    return _Signature(code=code, pattern=re.compile(pattern, re.DOTALL), has_explanation=has_explanation)


_SIGNATURES: Final = (
    _signature(
        "no-space", r"No space left on device|os error 28\b|There is not enough space on the disk|os error 112\b"
    ),
    _signature("hash-mismatch", r"Hash mismatch for `(?P<package>[^`]+)`"),
    _signature("index-refused", r"An index \((?P<url>[^)]+)\) returned a (?P<status>403) Forbidden"),
    _signature("index-refused", r"An index URL \((?P<url>[^)]+)\) could not be queried[^(]*\((?P<status>401)"),
    _signature("not-in-cache", r"Packages were unavailable because the network was disabled|--offline` was not? "),
    _signature("not-in-cache", r"[Nn]etwork connectivity is disabled"),
    _signature(
        "package-not-found",
        r"Because (?P<package>[\w.-]+) was not found in the (?:package registry|provided package locations)",
        has_explanation=True,
    ),
    _signature(
        "wheel-not-for-platform",
        r"Because (?P<package>[\w.-]+==\S+) has no wheels with a matching",
        has_explanation=True,
    ),
    _signature("dependencies-conflict", r"No solution found when resolving", has_explanation=True),
    _signature("index-refused", r"client error \((?P<status>401|403|407)[^)]*\) for url \((?P<url>[^)]+)\)"),
    _signature("wheel-not-on-server", r"client error \((?P<status>404|410)[^)]*\) for url \((?P<url>[^)]+)\)"),
    _signature("index-failed", r"(?:server|client) error \((?P<status>\d{3})[^)]*\) for url \((?P<url>[^)]+)\)"),
    _signature("index-garbled", r"unexpected JSON from `(?P<url>[^`]+)`"),
    _signature("index-garbled", r"Unsupported `Content-Type` .* for `(?P<url>[^`]+)`"),
    _signature("proxy-failed", r"url \((?P<url>[^)]+)\).*(?:tunnel error|proxy)"),
    _signature(
        "tls-failed", r"url \((?P<url>[^)]+)\).*(?:InvalidContentType|certificate|UnknownIssuer|TLS|HandshakeFailure)"
    ),
    _signature("network-timed-out", r"url \((?P<url>[^)]+)\).*(?:operation timed out|request timed out|deadline)"),
    _signature("network-unreachable", r"error sending request for url \((?P<url>[^)]+)\)"),
    _signature("download-cut-off", r"Failed to download `(?P<package>[^`]+)`.*(?:response body|end of file|timed out)"),
    _signature("download-damaged", r"Failed to download `(?P<package>[^`]+)`.*(?:extract|zip|archive)"),
    _signature("download-damaged", r"(?:wheel|archive) `(?P<package>[^`]+)` is (?:invalid|not a valid)"),
    _signature("sdist-build-failed", r"Failed to (?:build|prepare)[^`]*`(?P<package>[^`]+)`", has_explanation=True),
    _signature("requirement-not-understood", r"Couldn't parse requirement.*?cause: (?P<detail>[^\n]+)"),
    _signature("system-interpreter", r"interpreter at `(?P<python>[^`]+)` is externally managed"),
    _signature("python-not-found", r"No interpreter found (?:for|at path) (?P<python>Python [\w.+]+|`[^`]+`)"),
    _signature(
        "environment-not-writable", r"failed to (?:\w+ )+`?(?P<detail>[^\n]*(?:Permission denied|Read-only)[^\n]*)"
    ),
)
"""In the order in which they are tried: what names the cause before what names a symptom."""


def why_failed(output: str, *, exit_code: int) -> Notice:
    """Find the cause in what uv printed; `engine-failed` with the last lines where it is not known.

    Samples: `tests/data/install/uv/*.txt`, printed by uv 0.13.8.
    """
    text = without_credentials(output)
    for signature in _SIGNATURES:
        found = signature.pattern.search(text)
        if found is None:
            continue
        facts: dict[str, ContextValue] = {
            name: value.strip("`") for name, value in found.groupdict().items() if value is not None
        }
        if signature.has_explanation:
            facts["detail"] = explanation(text)
        return Notice.of(signature.code, **facts)
    return Notice.of("engine-failed", exit_code=exit_code, detail=last_lines(text))


def explanation(text: str) -> str:
    r"""Take uv's explanation out of what it printed: everything from its first error on, in whole sentences.

    >>> explanation("Resolved 1 package\nerror: No solution\n  cause: Because a\n         And because b")
    'No solution: Because a And because b'
    """
    _, found, rest = text.partition("error: ")
    lines = (rest if found else text).split("\n\nhint:")[0].splitlines()
    sentences = (line.strip().removeprefix("cause: ") for line in lines if line.strip())
    first = next(sentences, "")
    return f"{first}: {' '.join(sentences)}".strip().rstrip(":").replace(PROJECT_NAME, "the request")


def last_lines(text: str) -> str:
    """The last lines that say something."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])
