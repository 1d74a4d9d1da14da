"""The cause of a failure is read from what uv printed; the samples were printed by uv 0.13.8."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.install.engines.uv_failures import explanation, why_failed
from gpuenv.models.notice import Notice
from gpuenv.report.messages import phrase

SAMPLES = Path(__file__).parents[2] / "data" / "install" / "uv"
INDEX = "http://127.0.0.1:8000/simple"
WHEEL = f"{INDEX}/files/big-1.0-py3-none-any.whl"

CAUSES = {
    "connection-refused": Notice.of("network-unreachable", url="http://127.0.0.1:1/simple/torch/"),
    "dependencies-conflict": Notice.of(
        "dependencies-conflict",
        detail="No solution found when resolving dependencies: Because all versions of torch depend on numpy<2 and you"
        " require torch, we can conclude that you require numpy<2. And because you require numpy>=2, we can conclude"
        " that your requirements are unsatisfiable.",
    ),
    "dns": Notice.of("network-unreachable", url="http://index.invalid/simple/torch/"),
    "dropped": Notice.of("network-unreachable", url=f"{INDEX}/torch/"),
    "file-403": Notice.of("index-refused", status="403", url=WHEEL),
    "file-404": Notice.of("wheel-not-on-server", status="404", url=WHEEL),
    "file-500": Notice.of("index-failed", status="500", url=WHEEL),
    "file-corrupt": Notice.of("download-damaged", package="big==1.0"),
    "file-timeout": Notice.of("network-timed-out", url=WHEEL),
    "file-truncated": Notice.of("download-cut-off", package="big==1.0"),
    "forbidden-403": Notice.of("index-refused", status="403", url=INDEX),
    "garbage-json": Notice.of("index-garbled", url=f"{INDEX}/torch/"),
    "garbage-plain": Notice.of("index-garbled", url=f"{INDEX}/torch/"),
    "hash-mismatch": Notice.of("hash-mismatch", package="big==1.0"),
    "managed": Notice.of("system-interpreter", python="/usr"),
    "no-space": Notice.of("no-space"),
    "no-wheel-for-platform": Notice.of(
        "wheel-not-for-platform",
        package="onlywin==1.0",
        detail="No solution found when resolving dependencies: Because onlywin==1.0 has no wheels with a matching"
        " platform tag (e.g., `manylinux_2_36_x86_64`) and only onlywin==1.0 is available, we can conclude that all"
        " versions of onlywin cannot be used. And because you require onlywin, we can conclude that your requirements"
        " are unsatisfiable.",
    ),
    "offline": Notice.of("not-in-cache"),
    "package-not-found": Notice.of(
        "package-not-found",
        package="nosuchpackage",
        detail="No solution found when resolving dependencies: Because nosuchpackage was not found in the package"
        " registry and you require nosuchpackage, we can conclude that your requirements are unsatisfiable.",
    ),
    "proxy": Notice.of("proxy-failed", url="https://index.invalid/simple/big/"),
    "python-not-found": Notice.of("python-not-found", python="Python 3.99"),
    "python-path-not-found": Notice.of("python-not-found", python="/nonexistent/python"),
    "server-500": Notice.of("index-failed", status="500", url=f"{INDEX}/torch/"),
    "timeout": Notice.of("network-timed-out", url=f"{INDEX}/torch/"),
    "tls": Notice.of("tls-failed", url="https://127.0.0.1:8000/simple/big/"),
    "unauthorized-401": Notice.of("index-refused", status="401", url=INDEX),
    "unparsable": Notice.of(
        "requirement-not-understood",
        detail='no such comparison operator ">>=", must be one of ~= == != <= >= < > ===',
    ),
    "version-not-found": Notice.of(
        "dependencies-conflict",
        detail="No solution found when resolving dependencies: Because there is no version of torch==9.9 and you"
        " require torch==9.9, we can conclude that your requirements are unsatisfiable.",
    ),
}


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.txt")))
def test_every_sample_has_its_cause_and_every_cause_its_sentences(name: str) -> None:
    cause = why_failed((SAMPLES / f"{name}.txt").read_text(), exit_code=1)
    assert cause == CAUSES[name]
    for language in ("en", "zh"):
        sentence = phrase(cause.code, cause.context, language)
        assert "?" not in sentence.message
        assert not sentence.message.startswith(cause.code)


def test_what_is_not_known_is_shown_as_it_is() -> None:
    text = "\n".join(f"line {number} of http://user:secret@host/" for number in range(30))
    assert why_failed(text, exit_code=7) == Notice.of(
        "engine-failed",
        engine="uv",
        exit_code=7,
        detail="\n".join(f"line {number} of http://****@host/" for number in range(18, 30)),
    )


def test_an_explanation_does_not_name_the_generated_project() -> None:
    text = "error: No solution found\n  cause: Because your-request depends on torch==2.0, no.\n\nhint: none\n"
    assert explanation(text) == "No solution found: Because the request depends on torch==2.0, no."
