from __future__ import annotations

from typing import Literal

import pytest

from gpuenv.models.notice import Notice
from gpuenv.models.verification import Check
from gpuenv.report.messages.catalog import all_messages
from gpuenv.verify import workarounds as module
from gpuenv.verify.profile import CAPABILITIES
from gpuenv.verify.workarounds import workarounds


def check(name: str, status: Literal["passed", "failed", "skipped"] = "failed", code: str | None = None) -> Check:
    return Check(name=name, status=status, code=code)


def test_every_way_has_a_sentence_and_every_capability_but_the_basic_ones_a_way() -> None:
    ways = {*module._WAYS.values(), "preload-libraries", "import-torch-first"}
    assert {way for way in ways if f"workaround-{way}" not in all_messages()} == set()
    assert set(CAPABILITIES) - set(module._WAYS) == {"import", "kernels", "fp32", "sass", "extensions", "commands"}


def test_no_way_sets_a_variable_that_nothing_reads() -> None:
    """TORCH_CUDA_ARCH_LIST is read by builds; it has never mended a program that runs."""
    texts = [message.en + message.zh for code, message in all_messages().items() if code.startswith("workaround-")]
    assert texts
    assert not any("TORCH_CUDA_ARCH_LIST" in text or "export " in text for text in texts)


@pytest.mark.parametrize(
    ("checks", "ways"),
    [
        ([check("torch-fft", "passed")], {}),
        ([check("torch-matmul-float16")], {"fp16": "compute-in-float32"}),
        ([check("torch-convolution"), check("torch-convolution-float16")], {"convolution": "switch-cudnn-off"}),
        ([check("torch-convolution-float16")], {"fp16": "compute-in-float32"}),
        ([check("torch-convolution", code="out-of-memory"), check("torch-matmul-float16", code="out-of-memory")], {}),
        ([check("torch-matmul-bfloat16", "skipped", "capability-too-low")], {"bf16": "compute-in-float16"}),
        ([check("torch-matmul-tf32", "skipped", "capability-too-low")], {}),
        ([check("torch-complex-abs"), check("torch-sort", "passed")], {"nvrtc": "avoid-complex-kernels"}),
        ([check("torch-complex-abs"), check("torch-sort")], {}),
        ([check("torch-import"), check("onnxruntime-session")], {}),
        ([check("torch-attention-efficient")], {"attention": "switch-efficient-attention-off"}),
        ([check("torch-attention-math")], {}),
        ([check("onnxruntime-session")], {"ort": "choose-cpu-provider"}),
        (
            [check("onnxruntime-session"), check("onnxruntime-after-torch", "passed")],
            {"ort": "import-torch-first"},
        ),
        ([check("onnxruntime-session", "passed", "onnxruntime-needs-preload")], {"ort": "preload-libraries"}),
    ],
)
def test_what_fails_has_a_way_around_it(checks: list[Check], ways: dict[str, str]) -> None:
    assert workarounds(checks) == tuple(
        Notice.of(f"workaround-{way}", capability=capability) for capability, way in ways.items()
    )
