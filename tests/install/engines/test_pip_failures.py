"""The cause of a failure is read from what pip printed; the samples were printed by pip 26.3."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.install.engines.pip_failures import why_pip_failed
from gpuenv.models.notice import Notice
from gpuenv.report.messages import phrase

SAMPLES = Path(__file__).parents[2] / "data" / "install" / "pip"
INDEX = "http://127.0.0.1:8000/simple"
METADATA = f"{INDEX}/files/big-1.0-py3-none-any.whl.metadata"


def not_found(requirement: str, versions: str) -> Notice:
    return Notice.of(
        "package-not-found",
        package=requirement.partition("=")[0] if versions == "none" else requirement,
        detail=f"Could not find a version that satisfies the requirement {requirement} (from versions: {versions})"
        f" No matching distribution found for {requirement}",
    )


CAUSES = {
    "connection-refused": Notice.of("network-unreachable", url="http://127.0.0.1:1/simple/big/"),
    "dns": Notice.of("network-unreachable", url="https://index.invalid/simple/big/"),
    "file-403": Notice.of("index-refused", status="403", url=METADATA),
    "file-404": Notice.of("wheel-not-on-server", status="404", url=METADATA),
    "file-500": Notice.of("index-failed", status="500", url="/simple/files/big-1.0-py3-none-any.whl.metadata"),
    "file-corrupt": Notice.of("hash-mismatch", package="big===1.0"),
    "file-corrupt-without-hash": Notice.of("hash-mismatch", package="big===1.0"),
    "file-timeout": Notice.of("network-timed-out", url=METADATA),
    "file-truncated": Notice.of("download-cut-off", package="big-1.0-py3-none-any.whl"),
    "forbidden-403": Notice.of("index-refused", status="403", url=f"{INDEX}/big/"),
    "garbage": Notice.of("index-garbled", url=INDEX),
    "hash-mismatch": Notice.of("hash-mismatch", package="big==1.0"),
    "no-space": Notice.of("no-space"),
    "no-wheel-for-platform": not_found("onlywin===1.0", "none"),
    "package-not-found": not_found("nosuchpackage===1.0", "none"),
    "proxy": Notice.of("proxy-failed", url="https://index.invalid/simple/big/"),
    "sdist-build-failed": Notice.of(
        "sdist-build-failed",
        package="file:///tmp/gpuenv-x/w/srcpkg-1.0.tar.gz",
        detail="Failed to build 'file:///tmp/gpuenv-x/w/srcpkg-1.0.tar.gz' when calling build backend hook"
        " get_requires_for_build_wheel",
    ),
    "server-500": Notice.of("index-failed", status="500", url=f"{INDEX}/big/"),
    "timeout": Notice.of("network-timed-out", url=f"{INDEX}/big/"),
    "tls": Notice.of("tls-failed", url="https://127.0.0.1:8000/simple/big/"),
    "unauthorized-401": Notice.of("index-refused", status="401", url=f"{INDEX}/big/"),
    "version-not-found": not_found("big===9.0", "1.0"),
}


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.txt")))
def test_every_sample_has_its_cause_and_every_cause_its_sentences(name: str) -> None:
    cause = why_pip_failed((SAMPLES / f"{name}.txt").read_text(), exit_code=1)
    assert cause == CAUSES[name]
    for language in ("en", "zh"):
        sentence = phrase(cause.code, cause.context, language)
        assert "?" not in sentence.message
        assert not sentence.message.startswith(cause.code)


def test_what_is_not_known_is_shown_as_it_is() -> None:
    assert why_pip_failed("ERROR: something new at http://a:b@host/", exit_code=1) == Notice.of(
        "engine-failed", engine="pip", exit_code=1, detail="ERROR: something new at http://****@host/"
    )
