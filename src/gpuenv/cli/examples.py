"""Commands to begin with, as the help of each command shows them below its options."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "install": (
        ("gpuenv install", "mend ./.venv for the GPU here"),
        ('gpuenv install "torch<2.10" easyocr', "these, and what they need"),
        ("gpuenv install app:gpt-sovits --venv runtime", "for an application"),
        ("gpuenv install --locked locks", "exactly what a lock says"),
        ("gpuenv install --target auto", "CPU builds where there is no GPU"),
    ),
    "plan": (
        ("gpuenv plan", "what `gpuenv install` would do here"),
        ("gpuenv plan torch --target rtx-5090", "for a GPU that is elsewhere"),
        ("gpuenv plan --why torch==2.15.0", "why not this version"),
        ("gpuenv plan --batch machines.jsonl --json", "for many machines"),
    ),
    "lock": (
        ("gpuenv lock torch --target rtx-5090 -o gpu.txt", "for one card"),
        ("gpuenv lock torch --target sm_75..sm_121", "for every card, in ./locks"),
        ("gpuenv lock --init", "write [tool.gpuenv] first"),
        ("gpuenv lock --check", "in CI: 1 when out of date"),
    ),
    "diagnose": (
        ("gpuenv diagnose", "look at machine, environment and kernels"),
        ("gpuenv diagnose --log error.txt", "an error text, from any machine"),
        ("gpuenv diagnose -- python app.py", "run it, and explain its error"),
        ("gpuenv diagnose --fix", "also run the install that mends it"),
    ),
    "undo": (
        ("gpuenv undo", "./.venv as it was before the last change"),
        ("gpuenv undo --venv runtime", "another environment"),
    ),
    "run": (
        ("gpuenv run -- python app.py", "with the variables that the GPU needs"),
        ("gpuenv run --gpu 1 -- python app.py", "which sees only that GPU"),
        ("gpuenv run --print sh", "show the variables"),
    ),
    "detect": (
        ("gpuenv detect", "GPUs, driver, platform, Python"),
        ("gpuenv detect -v", "also toolkits, compilers, every source"),
        ("gpuenv detect --save machine.json", "for --target elsewhere"),
    ),
    "verify": (
        ("gpuenv verify", "run real kernels of torch and ONNX Runtime"),
        ("gpuenv verify --require fp16,nvrtc", "these have to pass"),
        ("gpuenv verify --target cpu", "without a GPU"),
    ),
    "inspect": (
        ("gpuenv inspect", "the libraries of the environment"),
        ("gpuenv inspect kernel.so --target rtx-5090", "does it serve that card?"),
        ("gpuenv inspect dist/kernels.whl", "a wheel"),
    ),
    "build": (
        ("gpuenv build .", "the extension in this folder"),
        ("gpuenv build flash-attn --no-install", "only make the wheel"),
        ("gpuenv build . --target rtx-3090,rtx-5090", "for both cards"),
    ),
    "matrix": (
        ("gpuenv matrix list", "the matrices that came with gpuenv"),
        ("gpuenv matrix show --arch sm_120", "what serves an RTX 50 card"),
        ("gpuenv matrix show --torch 2.14", "the builds of a release"),
        ("gpuenv matrix show --app", "the applications that are known"),
    ),
}
"""By command: a line to type, and what it is for."""

_USAGES: Final = {
    "build": "PATH|REQ ... [options]",
    "detect": "[options]",
    "diagnose": "[options] [-- CMD [ARG ...]]",
    "inspect": "[PATH|WHEEL|URL ...] [options]",
    "matrix": "list|show|validate [options]",
    "run": "[options] -- CMD [ARG ...]",
    "undo": "[options]",
    "verify": "[options]",
}
_GAP: Final = 2


def usage_of(name: str) -> str:
    """Say in one line how a command is called: the options stand below, each with its help."""
    return f"gpuenv {name} {_USAGES.get(name, '[REQ ...] [options]')}"


def examples_of(name: str) -> str:
    """Write the examples of a command below each other."""
    width = max(len(command) for command, _ in EXAMPLES[name]) + _GAP
    return "\n".join(["examples:", *(f"  {command:<{width}}{what}" for command, what in EXAMPLES[name])])
