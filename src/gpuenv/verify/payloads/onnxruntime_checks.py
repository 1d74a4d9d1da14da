"""Checks ONNX Runtime: that a session computes on the device that was asked for, alone and beside torch's libraries.

A check file, run by `harness.py`. A session that cannot load CUDA falls back to the CPU with a line on standard error
and no exception, so the fallback is forbidden and the session is asked what it took.
"""

from __future__ import annotations

import base64
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time

_MODEL = base64.b64decode(
    "CAcSBmdwdWVudjqxAwpLCgVpbWFnZQoHa2VybmVscxIJY29udm9sdmVkIgRDb252KhUKDGtlcm5lbF9zaGFwZUADQAOgAQcqEQoEcGFkc0ABQA"
    "FAAUABoAEHChwKCWNvbnZvbHZlZBIJcmVjdGlmaWVkIgRSZWx1CiUKCXJlY3RpZmllZAoHd2VpZ2h0cxIHcHJvZHVjdCIGTWF0TXVsChkKB3By"
    "b2R1Y3QKBGJpYXMSA3N1bSIDQWRkCiMKA3N1bRIGc2hhcmVzIgdTb2Z0bWF4KgsKBGF4aXMYA6ABAgofCgZzaGFyZXMSBGhhbGYiBENhc3QqCQ"
    "oCdG8YCqABAgofCgRoYWxmEgZhbnN3ZXIiBENhc3QqCQoCdG8YAaABAhIGZ3B1ZW52Wh8KBWltYWdlEhYKFAgBEhAKAggBCgIIAwoCCAgKAggI"
    "WiEKB2tlcm5lbHMSFgoUCAESEAoCCAQKAggDCgIIAwoCCANaGQoHd2VpZ2h0cxIOCgwIARIICgIICAoCCAVaEgoEYmlhcxIKCggIARIECgIIBW"
    "IgCgZhbnN3ZXISFgoUCAESEAoCCAEKAggECgIICAoCCAVCBAoAEA0="
)
"""Conv, Relu, MatMul, Add, Softmax, two Casts; made by `tests/data/verify/make_onnx_model.py`."""

_SHAPES = {"image": (1, 3, 8, 8), "kernels": (4, 3, 3, 3), "weights": (8, 5), "bias": (5,)}
_SCALES = {"image": 1.0, "kernels": 0.2, "weights": 0.4, "bias": 1.0}
"""Make what goes into the softmax about 1: it would turn the errors of larger numbers into much larger ones."""
_ALLOWED = 5e-3
"""The last step but one rounds to float16; convolutions and products may run in tf32, which costs 2e-3 at most here."""
_FALLBACK_FORBIDDEN = "fallback to CPU EP has been explicitly disabled"
"""How a session ends whose provider could not be loaded: the library printed why, and goes on with the CPU."""


def import_onnxruntime(bench: Bench) -> str:
    """Import ONNX Runtime and see which providers the package brings."""
    runtime = importlib.import_module("onnxruntime")
    bench.modules["onnxruntime"] = runtime
    providers = runtime.get_available_providers()
    bench.fact("onnxruntime", runtime.__version__)
    bench.fact("onnxruntime-path", runtime.__file__)
    if bench.device == "cuda" and "CUDAExecutionProvider" not in providers:
        bench.fail("onnxruntime-is-cpu-package", f"{runtime.__version__} brings only {', '.join(providers)}")
    return f"onnxruntime {runtime.__version__}: {', '.join(providers)}"


def session(bench: Bench) -> str:
    """Run the model; where CUDA's libraries are found only after `preload_dlls`, pass and advise it."""
    try:
        return _run_model(bench)
    except Exception as failure:
        preload = getattr(bench.modules["onnxruntime"], "preload_dlls", None)
        if bench.device == "cpu" or preload is None:
            raise
        preload()
        try:
            detail = _run_model(bench)
        except Exception:  # noqa: BLE001 - the first failure is the one that a program would see
            raise failure from None
    bench.advise("onnxruntime-needs-preload")
    return f"computes only after onnxruntime.preload_dlls(): {detail}"


def session_after_torch(bench: Bench) -> str:
    """Run the model in a process that has torch's CUDA libraries loaded already."""
    importlib.import_module("torch")
    import_onnxruntime(bench)
    return _run_model(bench)


def _run_model(bench: Bench) -> str:
    runtime = bench.modules["onnxruntime"]
    wanted = "CUDAExecutionProvider" if bench.device == "cuda" else "CPUExecutionProvider"
    options = runtime.SessionOptions()
    if bench.device == "cuda":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    try:
        made = runtime.InferenceSession(_MODEL, sess_options=options, providers=[wanted])
    except Exception as error:
        if _FALLBACK_FORBIDDEN in f"{error} {error.__cause__}":
            bench.fail("silent-cpu-session", f"asked for {wanted}, would have got CPUExecutionProvider")
        raise
    made.disable_fallback()  # else `run` would repeat on the CPU what the device refused
    if wanted not in made.get_providers():
        bench.fail("silent-cpu-session", f"asked for {wanted}, got {', '.join(made.get_providers())}")
    numpy = importlib.import_module("numpy")
    source = numpy.random.default_rng(bench.seed)
    inputs = {
        name: (source.standard_normal(shape) * _SCALES[name]).astype("float32") for name, shape in _SHAPES.items()
    }
    answer = made.run(None, inputs)[0]
    difference = float(numpy.abs(answer - _reference(numpy, inputs)).max())
    detail = f"{wanted}: largest difference {difference:.1e}, allowed {_ALLOWED:.0e}"
    if not difference <= _ALLOWED:  # also catches NaN
        bench.fail("wrong-numbers", detail)
    return detail


def _reference(numpy: Any, inputs: Any) -> Any:  # noqa: ANN401 - arrays
    """Compute the model in float64."""
    image, kernels, weights, bias = (inputs[name].astype("float64") for name in _SHAPES)
    padded = numpy.pad(image[0], ((0, 0), (1, 1), (1, 1)))
    convolved = sum(
        numpy.einsum("oc,chw->ohw", kernels[:, :, row, column], padded[:, row : row + 8, column : column + 8])
        for row in range(3)
        for column in range(3)
    )
    logits = numpy.maximum(convolved, 0) @ weights + bias
    powers = numpy.exp(logits - logits.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True))[None]


def finish(_bench: Bench) -> None:
    """Wait for nothing: a run returns its answer in host memory."""


def is_device_usable(_bench: Bench) -> bool:
    """Tell that the next check can run: each makes a session of its own."""
    return True


def report_facts(bench: Bench) -> None:
    """Report the libraries that this process mapped, which need not be those that torch takes."""
    bench.report_mapped("onnxruntime-")


CHECKS = [
    ("onnxruntime-import", import_onnxruntime, ("cuda", "cpu"), True),
    ("onnxruntime-session", session, ("cuda", "cpu")),
    ("onnxruntime-after-torch", session_after_torch, ("cuda-after-torch", "cpu-after-torch")),
]
