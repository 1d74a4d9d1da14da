"""Tells why a command of pip failed, from what it printed and logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.install.engines.signatures import cause_of, signature
from gpuenv.install.engines.uv import without_credentials

if TYPE_CHECKING:
    from gpuenv.models.notice import Notice

PAGE_FAULT: Final = "Could not fetch URL"
"""How pip's log says that it went on without an index page: on the screen it only finds no package then."""

_FETCH: Final = PAGE_FAULT + r" (?P<url>\S+): [^\n]*?"

_SIGNATURES: Final = (
    signature("no-space", r"No space left on device|There is not enough space on the disk|\[WinError 112\]"),
    signature("hash-mismatch", r"DO NOT MATCH THE HASHES[^\n]*\n\s+(?P<package>[\w.\[\],-]+={2,3}[^\s]+) from"),
    signature("hash-mismatch", r"DO NOT MATCH THE HASHES[^\n]*\n\s+(?P<package>\S+)"),
    signature("index-refused", _FETCH + r"(?P<status>401|403|407) Client Error"),
    signature("index-failed", _FETCH + r"(?P<status>5\d\d) (?:Server|Client) Error"),
    signature("index-failed", _FETCH + r"too many (?P<status>5\d\d) error responses"),
    signature("proxy-failed", _FETCH + r"(?:proxy connection error|ProxyError|Cannot connect to proxy|Tunnel)"),
    signature("tls-failed", _FETCH + r"(?:SSL|ssl certificate|CERTIFICATE_VERIFY_FAILED)"),
    signature("network-timed-out", _FETCH + r"(?:didn't respond within|timed out)"),
    signature("network-unreachable", _FETCH + r"(?:connection error|Failed to establish|Max retries exceeded)"),
    signature("proxy-failed", r"Unable to fetch (?P<url>\S+)[^\n]*\n[^\n]*[Pp]roxy"),
    signature("tls-failed", r"Unable to fetch (?P<url>\S+)[^\n]*\n[^\n]*(?:SSL|certificate)"),
    signature("network-timed-out", r"Unable to fetch (?P<url>\S+)[^\n]*\n[^\n]*didn't respond within"),
    signature("network-unreachable", r"Unable to fetch (?P<url>\S+)[^\n]*\n"),
    signature("index-refused", r"ERROR: (?P<status>401|403|407) Client Error: [^\n]*? for url: (?P<url>\S+)"),
    signature("wheel-not-on-server", r"ERROR: (?P<status>404|410) Client Error: [^\n]*? for url: (?P<url>\S+)"),
    signature("index-failed", r"ERROR: (?P<status>[45]\d\d) (?:Server|Client) Error: [^\n]*? for url: (?P<url>\S+)"),
    signature("index-failed", r"with url: (?P<url>\S+) [^\n]*too many (?P<status>5\d\d) error responses"),
    signature("proxy-failed", r"with url: (?P<url>\S+) [^\n]*ProxyError"),
    signature("tls-failed", r"with url: (?P<url>\S+) [^\n]*(?:SSLError|CERTIFICATE_VERIFY_FAILED)"),
    signature("network-timed-out", r"with url: (?P<url>\S+) [^\n]*(?:Read|Connect)Timeout"),
    signature("network-timed-out", r"HTTPS?ConnectionPool\(host='(?P<url>[^']+)'[^\n]*Read timed out"),
    signature("network-unreachable", r"with url: (?P<url>\S+) [^\n]*(?:NewConnectionError|ConnectionError)"),
    signature("download-cut-off", r"incomplete-download.*?URL: \S*/(?P<package>[^/\s#]+)"),
    signature("download-cut-off", r"Downloading (?:\S*/)?(?P<package>\S+) .*(?:IncompleteRead|Connection broken)"),
    signature("download-damaged", r"[Ww]heel '?(?P<package>[^'\s]+)'?[^\n]* is (?:invalid|corrupt)"),
    signature("download-damaged", r"Downloading (?:\S*/)?(?P<package>\S+) .*(?:BadZipFile|not a zip file)"),
    signature("index-garbled", r"Looking in indexes: (?P<url>[^\s,]+).*(?:UnicodeDecodeError|JSONDecodeError)"),
    signature("sdist-build-failed", r"Failed to build '(?P<package>[^']+)'", has_explanation=True),
    signature("sdist-build-failed", r"Failed building wheel for (?P<package>\S+)", has_explanation=True),
    signature("dependencies-conflict", r"ResolutionImpossible|conflicting dependencies", has_explanation=True),
    signature(
        "package-not-found",
        r"satisfies the requirement (?P<package>[\w.-]+)[^\n]*\(from versions: none\)",
        has_explanation=True,
    ),
    signature("package-not-found", r"No matching distribution found for (?P<package>\S+)", has_explanation=True),
    signature("requirement-not-understood", r"Invalid requirement: (?P<detail>[^\n]+)"),
    signature("environment-not-writable", r"(?P<detail>\[(?:Errno (?:13|30)|WinError 5)\][^\n]*)"),
)
"""In the order in which they are tried: what names the cause before what names a symptom."""


def why_pip_failed(output: str, *, exit_code: int) -> Notice:
    """Find the cause in what pip printed, with the page faults of its log; `engine-failed` where it is not known.

    Samples: `tests/data/install/pip/*.txt`, printed by pip 26.3.
    """
    text = without_credentials(output)
    return cause_of(text, _SIGNATURES, explanation=explanation, exit_code=exit_code, engine="pip")


def explanation(text: str) -> str:
    r"""Take pip's complaint out of what it printed, in one line.

    >>> explanation("Collecting a\nERROR: No matching distribution found for a==1\n")
    'No matching distribution found for a==1'
    """
    complaints = (line.strip().partition("ERROR: ")[2] for line in text.splitlines() if "ERROR: " in line)
    return " ".join(complaint for complaint in complaints if complaint)
