"""Tells why a command of uv failed, from what it printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.install.engines.signatures import cause_of, signature
from gpuenv.install.engines.uv import without_credentials

if TYPE_CHECKING:
    from gpuenv.models.notice import Notice

PROJECT_NAME: Final = "your-request"
"""Name of the project whose dependencies are resolved: uv names it in its explanations."""

_SIGNATURES: Final = (
    signature(
        "no-space", r"No space left on device|os error 28\b|There is not enough space on the disk|os error 112\b"
    ),
    signature("hash-mismatch", r"Hash mismatch for `(?P<package>[^`]+)`"),
    signature("index-refused", r"An index \((?P<url>[^)]+)\) returned a (?P<status>403) Forbidden"),
    signature("index-refused", r"An index URL \((?P<url>[^)]+)\) could not be queried[^(]*\((?P<status>401)"),
    signature("not-in-cache", r"Packages were unavailable because the network was disabled|--offline` was not? "),
    signature("not-in-cache", r"[Nn]etwork connectivity is disabled"),
    signature(
        "package-not-found",
        r"Because (?P<package>[\w.-]+) was not found in the (?:package registry|provided package locations)",
        has_explanation=True,
    ),
    signature(
        "wheel-not-for-platform",
        r"Because (?P<package>[\w.-]+==\S+) has no wheels with a matching",
        has_explanation=True,
    ),
    signature("dependencies-conflict", r"No solution found when resolving", has_explanation=True),
    signature("index-refused", r"client error \((?P<status>401|403|407)[^)]*\) for url \((?P<url>[^)]+)\)"),
    signature("wheel-not-on-server", r"client error \((?P<status>404|410)[^)]*\) for url \((?P<url>[^)]+)\)"),
    signature("index-failed", r"(?:server|client) error \((?P<status>\d{3})[^)]*\) for url \((?P<url>[^)]+)\)"),
    signature("index-garbled", r"unexpected JSON from `(?P<url>[^`]+)`"),
    signature("index-garbled", r"Unsupported `Content-Type` .* for `(?P<url>[^`]+)`"),
    signature("proxy-failed", r"url \((?P<url>[^)]+)\).*(?:tunnel error|proxy)"),
    signature(
        "tls-failed", r"url \((?P<url>[^)]+)\).*(?:InvalidContentType|certificate|UnknownIssuer|TLS|HandshakeFailure)"
    ),
    signature("network-timed-out", r"url \((?P<url>[^)]+)\).*(?:operation timed out|request timed out|deadline)"),
    signature("network-unreachable", r"error sending request for url \((?P<url>[^)]+)\)"),
    signature("download-cut-off", r"Failed to download `(?P<package>[^`]+)`.*(?:response body|end of file|timed out)"),
    signature("download-damaged", r"Failed to download `(?P<package>[^`]+)`.*(?:extract|zip|archive)"),
    signature("download-damaged", r"(?:wheel|archive) `(?P<package>[^`]+)` is (?:invalid|not a valid)"),
    signature("sdist-build-failed", r"Failed to (?:build|prepare)[^`]*`(?P<package>[^`]+)`", has_explanation=True),
    signature("requirement-not-understood", r"Couldn't parse requirement.*?cause: (?P<detail>[^\n]+)"),
    signature("system-interpreter", r"interpreter at `(?P<python>[^`]+)` is externally managed"),
    signature("python-not-found", r"No interpreter found (?:for|at path) (?P<python>Python [\w.+]+|`[^`]+`)"),
    signature(
        "environment-not-writable", r"failed to (?:\w+ )+`?(?P<detail>[^\n]*(?:Permission denied|Read-only)[^\n]*)"
    ),
)
"""In the order in which they are tried: what names the cause before what names a symptom."""


def why_failed(output: str, *, exit_code: int) -> Notice:
    """Find the cause in what uv printed; `engine-failed` with the last lines where it is not known.

    Samples: `tests/data/install/uv/*.txt`, printed by uv 0.13.8.
    """
    return cause_of(without_credentials(output), _SIGNATURES, explanation=explanation, exit_code=exit_code, engine="uv")


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
