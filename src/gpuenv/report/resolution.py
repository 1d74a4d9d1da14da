"""Shows a resolution or a conflict, as JSON (design section 5) and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.models.resolution import DriverFit
from gpuenv.models.settings import redact_url
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.labels import COLUMN, label, write_labelled
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.notice import Notice
    from gpuenv.models.resolution import Conflict, Pin, Rejection, Resolution
    from gpuenv.models.target import Target
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_SHOWN_REJECTIONS = 3


def target_as_json(target: Target | None) -> dict[str, Any] | None:
    """Make the `target` of the contract; null where there was none."""
    if target is None:
        return None
    return {
        "gpus": [_gpu_as_json(gpu) for gpu in target.gpus],
        "driver": str(target.driver.version) if target.driver and target.driver.version else None,
        "platform": target.platform.name,
        "python": str(target.python),
    }


def resolution_as_json(resolution: Resolution | None) -> dict[str, Any] | None:
    """Make the `resolution` of the contract: the family, its coverage, the driver fit."""
    if resolution is None:
        return None
    return {
        "torch": _torch_as_json(resolution),
        **{
            project.replace("-", "_"): _pin_as_json(resolution.pin(project))
            for project in ("torchvision", "torchaudio", "onnxruntime-gpu")
        },
        "cudnn": str(resolution.cudnn) if resolution.cudnn else None,
        "coverage": [
            {"gpu": served.gpu.name, "kind": served.kind, "via": _via(served.kind, str(served.via))}
            for served in resolution.coverage
        ],
        "driver_fit": _fit_as_json(resolution.driver_fit),
        "minimum_driver": str(resolution.minimum_driver) if resolution.minimum_driver else None,
        "kept": list(resolution.kept),
    }


def conflict_as_json(conflict: Conflict, language: Language) -> dict[str, Any]:
    """Make the `conflict` of the contract: code, message, causes, hints, subsets."""
    causes = [{**notice_as_json(cause.change, language), "would_give": cause.would_give} for cause in conflict.causes]
    own = notice_as_json(conflict.reason, language)
    hints = dict.fromkeys([*own["hints"], *(hint for cause in causes for hint in cause["hints"])])
    return {
        "code": own["code"],
        "message": own["message"],
        "causes": causes,
        "hints": list(hints),
        "subsets": [
            {"gpus": [gpu.name for gpu in subset.gpus], "would_give": subset.would_give, "select": subset.select}
            for subset in conflict.subsets
        ],
    }


def rejected_as_json(rejected: Iterable[Rejection], language: Language) -> list[dict[str, str]]:
    """Make the `rejected` of the contract: candidate, code, detail."""
    return [
        {
            "candidate": found.candidate.build.label,
            "code": found.reason.code,
            "detail": phrase(found.reason.code, found.reason.context, language).message,
        }
        for found in rejected
    ]


def warnings_as_json(notes: Iterable[Notice], language: Language) -> list[dict[str, Any]]:
    """Make the `warnings` of the contract: code and message, and the hints there are."""
    return [notice_as_json(note, language) for note in notes]


def write_target(terminal: Terminal, target: Target) -> None:
    """Say for which machine."""
    facts = {
        "gpus": ", ".join(gpu.label for gpu in target.gpus) or "CPU",
        "driver": str(target.driver.version) if target.driver and target.driver.version else None,
        "platform": target.platform.name,
        "python": str(target.python),
    }
    code = "target-machine" if facts["driver"] else "target-machine-without-driver"
    write_labelled(terminal, "target", phrase(code, facts, terminal.language).message)


def write_resolution(terminal: Terminal, resolution: Resolution) -> None:
    """Say what was chosen, how it serves each GPU, and why not the next better ones."""
    language = terminal.language
    for pin in resolution.pins:
        tag = f" ({pin.tag})" if pin.tag and not pin.version.local else ""
        kept = f"  {label('kept', language)}" if pin.project in resolution.kept else ""
        write_labelled(terminal, "chosen", f"{pin.project} {pin.version}{tag}{kept}", style="green")
    for served in resolution.coverage:
        facts = {"gpu": served.gpu.label, "via": _via(served.kind, str(served.via))}
        write_labelled(terminal, "covers", phrase("covered-by", facts, language).message)
    if resolution.minimum_driver is not None:
        fit = _fit_as_json(resolution.driver_fit)
        needs = {"driver": str(resolution.minimum_driver), "fit": label(fit, language) if fit else None}
        code = "driver-at-least-with-fit" if fit else "driver-at-least"
        write_labelled(terminal, "driver", phrase(code, needs, language).message)
    write_rejections(terminal, resolution.rejected)


def write_rejections(terminal: Terminal, rejected: tuple[Rejection, ...]) -> None:
    """Say why not the next better ones; all of them with `-v`."""
    shown = rejected if terminal.verbosity > 0 else rejected[:_SHOWN_REJECTIONS]
    for found in shown:
        sentence = phrase(found.reason.code, found.reason.context, terminal.language)
        write_labelled(terminal, "not", sentence.message, style="dim")
    if len(shown) < len(rejected):
        more = phrase("more-rejected", {"count": len(rejected) - len(shown)}, terminal.language).message
        terminal.print(" " * COLUMN + more, style="dim")


def write_conflict(terminal: Terminal, conflict: Conflict) -> None:
    """Say what stands in the way and what would remove it."""
    ways = [(cause, phrase(cause.change.code, cause.change.context, terminal.language)) for cause in conflict.causes]
    is_quiet = terminal.verbosity < 0
    said = () if is_quiet else tuple(hint for _, sentence in ways for hint in sentence.hints)
    terminal.notice("error", conflict.reason, without=said)
    for cause, sentence in ways:
        gives = f" -> {cause.would_give}" if cause.would_give else ""
        is_way_out = bool(sentence.hints or cause.would_give)
        terminal.say(f"  {label('way-out', terminal.language) if is_way_out else ''}{sentence.message}{gives}")
        for hint in sentence.hints:
            terminal.say(f"    {label('hint', terminal.language)}{hint}", style="cyan")


def _torch_as_json(resolution: Resolution) -> dict[str, Any] | None:
    pin = resolution.pin("torch")
    if pin is None or resolution.torch is None:
        return None
    build = resolution.torch.build
    return {
        **(_pin_as_json(pin) or {}),
        "version": str(build.version),
        "local": build.label,
        "channel": "nightly" if build.is_nightly else "stable",
    }


def _pin_as_json(pin: Pin | None) -> dict[str, Any] | None:
    if pin is None:
        return None
    base = redact_url(pin.source.location) if pin.source.location else None
    return {
        "version": pin.version.public,
        "tag": pin.tag,
        "local": str(pin.version),
        "index_url": f"{base}/{pin.tag}" if base and pin.tag and pin.source.kind.value == "pytorch" else base,
        "source": pin.source.kind.value,
        "requirement": pin.requirement,
        "evidence": pin.evidence.value,
    }


def _gpu_as_json(gpu: Gpu) -> dict[str, Any]:
    capabilities = [str(capability) for capability in gpu.capabilities]
    named = {"name": gpu.name, "compute_capability": capabilities[0] if capabilities else None}
    return named | ({"compute_capabilities": capabilities} if len(capabilities) > 1 else {})


def _fit_as_json(fit: DriverFit | None) -> str | None:
    return None if fit is None or fit is DriverFit.UNKNOWN else fit.value


def _via(kind: str, architecture: str) -> str:
    return f"{'compute' if kind == 'ptx' else 'sm'}_{architecture}"
