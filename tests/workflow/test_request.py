"""What is made of the user's words: the order of torch and ONNX Runtime, and the CPU package on a GPU target."""

from __future__ import annotations

import pytest

from gpuenv.models.request import IndexPolicy
from gpuenv.project.requirement_files import RequirementLine, parse_requirement
from gpuenv.workflow.options import Options
from gpuenv.workflow.request import make_request
from support.machines import PYTORCH, target


def asked(*texts: str) -> tuple[str, ...]:
    lines = [
        RequirementLine(
            text=text, file="command line", line=number, kind="requirement", requirement=parse_requirement(text)
        )
        for number, text in enumerate(texts, start=1)
    ]
    machine = target("12.0", driver="580.95.05")
    made = make_request(lines, Options(), machine, None, policy=IndexPolicy.PYTORCH, sources=(PYTORCH,))
    return tuple(str(requirement) for requirement in made.request.requirements)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (("torchvision", "torch<3"), ("torch<3", "torchvision")),
        (("torch", "onnxruntime-gpu"), ("torch", "onnxruntime-gpu")),
        (("onnxruntime-gpu", "torch", "torchaudio"), ("onnxruntime-gpu", "torch", "torchaudio")),
        (("onnxruntime>=1.20", "torch"), ("onnxruntime-gpu>=1.20", "torch")),
        (("onnxruntime-gpu",), ("onnxruntime-gpu",)),
    ],
)
def test_the_family_is_in_its_order_unless_onnxruntime_was_named_before_torch(
    texts: tuple[str, ...], order: tuple[str, ...]
) -> None:
    assert asked(*texts) == order
