"""Makes docs/verified-machines.md: on which machines which capabilities were proven by kernels, from saved results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gpuenv.verify.profile import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    Result = Mapping[str, Any]

SCHEMA: Final = 1
VERSIONS: Final = (
    *("torch", "torch-cuda", "cudnn", "triton", "nccl", "torchvision", "torchaudio", "onnxruntime", "bitsandbytes"),
    *("xformers", "flash_attn", "cupy", "jax", "tensorflow", "ctranslate2"),
)
"""Facts that name what was proven, in the order in which they are shown."""

HEAD: Final = """# Verified machines

Written by `scripts/write_verified.py` from the results in `tests/data/verified`; do not edit.

Two kinds of knowledge stand behind an answer of `gpuenv`. *By reading*: the machine code in a wheel was listed, and
the rules of CUDA say which cards it serves ([evidence.md](evidence.md)). *By kernels*: `gpuenv verify` ran on a
machine, and the numbers were right. This page is about the second kind."""

PROCEDURE: Final = """## Add your machine

Run these three commands where your environment works (or does not: a failure is as useful), and send the three files:

    gpuenv detect --save machine.json
    gpuenv verify --full --json > verify.json
    gpuenv inspect --json > inspect.json

`verify --full` takes some minutes and installs nothing. The files hold the names and UUIDs of the GPUs, versions, and
the path of the environment. `scripts/write_verified.py --add verify.json` takes a result in, without paths and UUIDs,
and writes this page anew."""

NOT_READABLE: Final = frozenset({"multi-gpu", "nccl", "commands"})
"""What no list of machine code says anything about."""

OWN: Final = frozenset({"extensions", "commands"})
"""What a project names itself: there is no package to stand in for."""


def cleaned(envelope: Result) -> dict[str, Any]:
    """Take what the page needs out of the envelope of `gpuenv verify --json`: no paths, no UUIDs.

    Raises `ValueError` for another command's envelope, another schema, or a result of an older gpuenv.
    """
    if envelope.get("schema") != SCHEMA or envelope.get("command") != "verify" or "date" not in envelope["data"]:
        raise ValueError("not a result of `gpuenv verify --json`")
    data = envelope["data"]
    places = {gpu["place"]: str(number) for number, gpu in enumerate(data["gpus"])}
    return {
        "date": data["date"],
        "device": data["device"],
        "platform": data["platform"],
        "python": data["python"],
        "driver": data["driver"],
        "gpus": [
            {"name": gpu["name"], "compute_capability": gpu["compute_capability"], "place": places[gpu["place"]]}
            for gpu in data["gpus"]
        ],
        "facts": {name: data["facts"][name] for name in VERSIONS if name in data["facts"]},
        "checks": [
            {
                "name": check["name"],
                "gpu": check["gpu"] and ",".join(places.get(part, part) for part in check["gpu"].split(",")),
                "status": check["status"],
                "code": check["code"],
                "seconds": check["seconds"],
            }
            for check in data["checks"]
        ],
        "profile": data["profile"],
    }


def file_name(result: Result) -> str:
    """Name the file of a result by what was verified: `2026-11-21-cpu-torch-2.13.0-cpu.json`."""
    names = [gpu["name"] for gpu in result["gpus"]] or ["cpu"]
    library = next((f"{name}-{version}" for name, version in result["facts"].items()), "nothing")
    text = "-".join([result["date"], *dict.fromkeys(names), library]).lower()
    return "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in text) + ".json"


def read_results(folder: Path) -> tuple[Result, ...]:
    """Read the saved results, the oldest first."""
    return tuple(json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json")))


def verified_document(results: Sequence[Result]) -> str:
    """Make the whole page."""
    on_gpus = [result for result in results if result["device"] == "cuda"]
    on_cpus = [result for result in results if result["device"] == "cpu"]
    sections = [HEAD, _summary(on_gpus, on_cpus), _machines(results), _capabilities(on_gpus, on_cpus), PROCEDURE]
    return "\n\n".join(section for section in sections if section) + "\n"


def _summary(on_gpus: Sequence[Result], on_cpus: Sequence[Result]) -> str:
    if on_gpus:
        cards = sorted({gpu["name"] for result in on_gpus for gpu in result["gpus"]})
        return f"Proven by kernels so far: {', '.join(cards)}."
    lines = ["**No GPU yet.** What `gpuenv` says about GPUs rests on reading alone."]
    if on_cpus:
        lines += [
            f"The same checks have passed on a CPU, last on {max(_dates(on_cpus))}: that shows that they compute what",
            "they should, and nothing about a GPU.",
        ]
    return "\n".join(lines)


def _dates(results: Iterable[Result]) -> list[str]:
    return [result["date"] for result in results]


def _machines(results: Sequence[Result]) -> str:
    if not results:
        return ""
    lines = ["| date | ran on | driver | platform | Python | versions | passed | failed | skipped |", "|" + "---|" * 9]
    for result in results:
        cards = [f"{gpu['name']} ({gpu['compute_capability']})" for gpu in result["gpus"]]
        versions = ", ".join(f"{name} {version}" for name, version in result["facts"].items())
        counts = [
            str(sum(check["status"] == status for check in result["checks"]))
            for status in ("passed", "failed", "skipped")
        ]
        cells = [
            *(result["date"], ", ".join(cards) or "CPU", result["driver"] or "-", result["platform"]),
            *(result["python"], versions, *counts),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "## Results\n\n" + "\n".join(lines)


def _capabilities(on_gpus: Sequence[Result], on_cpus: Sequence[Result]) -> str:
    lines = [
        "## Capabilities",
        "",
        "`by reading`: no kernel of it has run on a GPU; what is known was read from libraries. The last column is the",
        "last day on which the same check passed on a CPU with the real package. `stand-in`: it has nothing to run on",
        "without a GPU. The tests run it with the real CPU torch on a pretended device, or with a small module that",
        "bears the package's name; that the package itself passes it is not known.",
        "",
        "| capability | proven on a GPU | real package on a CPU |",
        "|---|---|---|",
    ]
    for name in CAPABILITIES:
        cards = [
            f"{words}{gpu['name']} ({result['date']})"
            for state, words in (("ok", ""), ("fails", "fails on "))
            for result in on_gpus
            if result["profile"].get(name) == state
            for gpu in result["gpus"]
        ]
        unproven = "-" if name in NOT_READABLE else "by reading"
        dates = [result["date"] for result in on_cpus if result["profile"].get(name) == "ok"]
        on_cpu = max(dates) if dates else "-" if name in OWN else "stand-in"
        lines.append(f"| {name} | {', '.join(dict.fromkeys(cards)) or unproven} | {on_cpu} |")
    return "\n".join(lines)
