from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Literal

import pytest

from gpuenv.errors import UsageError
from gpuenv.models.verification import Check
from gpuenv.verify.profile import CAPABILITIES, needs_full, packages_for, parse_required, profile, unproven
from gpuenv.verify.session import PAYLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(name: str, status: Literal["passed", "failed", "skipped"], code: str | None = None) -> Check:
    return Check(name=name, status=status, code=code)


def payload_checks() -> Iterator[str]:
    for path in sorted(PAYLOADS.glob("*_checks.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield from (row[0] for row in module.CHECKS)


def test_every_check_of_the_payloads_proves_one_capability() -> None:
    owners = {name: [found for found, names in CAPABILITIES.items() if name in names] for name in payload_checks()}
    assert {name: found for name, found in owners.items() if len(found) != 1} == {}
    assert set(owners) | {"python-starts"} == {name for names in CAPABILITIES.values() for name in names}


def test_the_worst_gpu_decides_a_capability() -> None:
    checks = [
        check("torch-matmul-float16", "passed"),
        check("torch-matmul-float16", "failed", "no-kernel-image"),
        check("torch-matmul-bfloat16", "passed"),
        check("torch-matmul-bfloat16", "skipped", "capability-too-low"),
        check("torch-fft", "skipped", "not-reached"),
        check("torch-solve", "passed"),
        check("sass: torch-solve", "skipped", "served-by-ptx"),
        check("import: mmcv", "passed"),
        check("command: python train.py", "failed", "command-failed"),
    ]
    assert profile(checks) == (
        ("fp16", "fails"),
        ("bf16", "unsupported"),
        ("fft", "untested"),
        ("solver", "ok"),
        ("sass", "unsupported"),
        ("extensions", "ok"),
        ("commands", "fails"),
    )


def test_without_a_choice_every_failure_counts() -> None:
    checks = [check("torch-fft", "failed"), check("torch-solve", "passed"), check("torch-sort", "skipped", "x")]
    assert unproven(checks, ()) == ("fft",)


def test_a_choice_counts_alone_and_must_be_proven() -> None:
    checks = [
        check("torch-fft", "failed"),
        check("torch-solve", "passed"),
        check("torch-matmul-bfloat16", "skipped", "capability-too-low"),
    ]
    assert unproven(checks, ("solver",)) == ()
    assert unproven(checks, ("bf16", "solver", "ort")) == ("bf16", "ort")


def test_a_choice_is_read_with_spaces_and_capitals() -> None:
    assert parse_required(" FP16, nvrtc,") == ("fp16", "nvrtc")
    assert parse_required("") == ()


@pytest.mark.parametrize(
    ("text", "capability", "near", "meant"),
    [
        ("bf61", "bf61", ("bf16", "fp16"), "bf16"),
        ("fp32,bf61, kernel", "bf61", ("bf16", "fp16"), "fp32,bf16,kernels"),
        ("qqq,fp32", "qqq", tuple(CAPABILITIES), "fp32"),
    ],
)
def test_an_unknown_capability_names_near_ones_and_what_was_meant(
    text: str, capability: str, near: tuple[str, ...], meant: str
) -> None:
    with pytest.raises(UsageError) as raised:
        parse_required(text)
    assert (raised.value.code, raised.value.context) == (
        "unknown-capability",
        {"capability": capability, "near": near, "meant": meant},
    )


def test_what_only_the_full_set_proves_asks_for_it() -> None:
    assert not needs_full(())
    assert not needs_full(("fp16", "ort", "torchvision"))
    assert all(needs_full(("fp16", name)) for name in ("compile", "nccl", "sass", "jax"))


def test_the_packages_that_bring_capabilities_are_named() -> None:
    assert packages_for(("fp16", "ort", "flash-attn", "compile")) == ("onnxruntime-gpu", "flash-attn")
