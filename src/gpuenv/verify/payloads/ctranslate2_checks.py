"""Checks CTranslate2: small models, made on the spot with the package's own specifications.

A check file of `gpuenv verify --full`, run by `harness.py` in a process of its own. The products of a Transformer
encoder run in cuBLAS, its attention, normalisation and activation in kernels of CTranslate2; the convolutions with
which Whisper begins run in cuDNN, which is loaded only there.
"""

from __future__ import annotations

import importlib
import math
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuenv.verify.payloads.harness import Bench  # for type checkers: nothing of gpuenv is imported at run time

_WIDTH = 64
_HEADS = 2
_TOKENS = [3, 1, 4, 1, 5, 9]
_MELS = 80
_FRAMES = 20
_WHISPER_TOKENS = (
    *("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>"),
    *("<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
)
"""What Whisper looks up in its vocabulary when it is loaded."""
_ALLOWED = 1e-2
"""Products may run in tf32."""


def import_ctranslate2(bench: Bench) -> str:
    """Import CTranslate2 and count the devices that it sees."""
    ctranslate2 = importlib.import_module("ctranslate2")
    bench.modules["ctranslate2"] = ctranslate2
    bench.fact("ctranslate2", ctranslate2.__version__)
    count = ctranslate2.get_cuda_device_count()
    if bench.device == "cuda" and not count:
        bench.fail("library-uses-cpu", f"ctranslate2 {ctranslate2.__version__} sees no GPU")
    return f"ctranslate2 {ctranslate2.__version__}: {count} GPU"


def encode(bench: Bench) -> str:
    """Encode six tokens in float32; the reference is the same encoder written out in float64."""
    ctranslate2, numpy = bench.modules["ctranslate2"], importlib.import_module("numpy")
    weights = _weights(bench, numpy)
    with tempfile.TemporaryDirectory() as folder:
        _specification(numpy, weights).save(folder)
        encoder = ctranslate2.Encoder(folder, device=bench.device, compute_type="float32")
        state = encoder.forward_batch([_TOKENS]).last_hidden_state
        answer = numpy.array(state.to_device(ctranslate2.Device.cpu) if bench.device == "cuda" else state)
    return bench.compare_rows(answer[0].tolist(), _reference(numpy, weights).tolist(), allowed=_ALLOWED)


def convolve(bench: Bench) -> str:
    """Let Whisper's encoder convolve twice; its layer adds nothing, so that the reference is the convolutions."""
    ctranslate2, numpy = bench.modules["ctranslate2"], importlib.import_module("numpy")
    if not hasattr(getattr(ctranslate2, "models", None), "Whisper"):
        bench.skip("not-in-this-build", f"ctranslate2 {ctranslate2.__version__} has no Whisper")
    sizes = {"first": (_WIDTH, _MELS * 3), "second": (_WIDTH, _WIDTH * 3), "position": (_FRAMES // 2, _WIDTH)}
    weights = {name: numpy.array(bench.rows(*size)) / 8 for name, size in sizes.items()}
    sound = numpy.array(bench.rows(_MELS, _FRAMES))
    with tempfile.TemporaryDirectory() as folder:
        _whisper(numpy, weights).save(folder)
        model = ctranslate2.models.Whisper(folder, device=bench.device, compute_type="float32")
        features = ctranslate2.StorageView.from_array(sound[None].astype("float32"))
        answer = numpy.array(model.encode(features, to_cpu=True))
    first = _convolved(numpy, sound, weights["first"], step=1)
    second = _convolved(numpy, first, weights["second"], step=2)
    expected = _normal(numpy, second.T + weights["position"])
    return bench.compare_rows(answer[0].tolist(), expected.tolist(), allowed=_ALLOWED)


def _convolved(numpy: Any, rows: Any, kernels: Any, *, step: int) -> Any:  # noqa: ANN401 - arrays
    """Convolve with kernels of three and apply GELU; one row for each channel."""
    padded = numpy.pad(rows, ((0, 0), (1, 1)))
    windows = [padded[:, place : place + 3].reshape(-1) for place in range(0, rows.shape[1], step)]
    gelu = numpy.vectorize(lambda number: number * 0.5 * (1 + math.erf(number / 2**0.5)))
    return gelu(kernels @ numpy.array(windows).T)


def _whisper(numpy: Any, weights: dict[str, Any]) -> Any:  # noqa: ANN401 - a module
    made = importlib.import_module("ctranslate2.specs.whisper_spec").WhisperSpec(1, _HEADS, 1, _HEADS)
    encoder, decoder = made.encoder, made.decoder
    for part, name in ((encoder.conv1, "first"), (encoder.conv2, "second")):
        part.weight = weights[name].astype("float32").reshape(_WIDTH, -1, 3)
        part.bias = numpy.zeros(_WIDTH, "float32")
    encoder.position_encodings.encodings = weights["position"].astype("float32")
    decoder.embeddings.weight = decoder.projection.weight = numpy.zeros((16, _WIDTH), "float32")
    decoder.position_encodings.encodings = numpy.zeros((8, _WIDTH), "float32")
    linears = [pair for layer in decoder.layer for pair in zip(layer.attention.linear, (1, 2, 1))]  # noqa: B905 - Python 3.8
    norms = [encoder.layer_norm, decoder.layer_norm, *(layer.attention.layer_norm for layer in decoder.layer)]
    for layer in (*encoder.layer, *decoder.layer):
        linears += [*zip(layer.self_attention.linear, (3, 1)), (layer.ffn.linear_0, 1), (layer.ffn.linear_1, 1)]  # noqa: B905
        norms += [layer.self_attention.layer_norm, layer.ffn.layer_norm]
    for part in norms:
        part.gamma, part.beta = numpy.ones(_WIDTH, "float32"), numpy.zeros(_WIDTH, "float32")
    for part, times in linears:
        part.weight = numpy.zeros((times * _WIDTH, _WIDTH), "float32")
        part.bias = numpy.zeros(times * _WIDTH, "float32")
    made.register_vocabulary([*_WHISPER_TOKENS, *(f"token{number}" for number in range(16 - len(_WHISPER_TOKENS)))])
    made.validate()
    made.optimize()
    return made


def _weights(bench: Bench, numpy: Any) -> dict[str, Any]:  # noqa: ANN401 - a module
    shapes = {"embedding": (16, _WIDTH), "position": (8, _WIDTH), "in": (3 * _WIDTH, _WIDTH), "out": (_WIDTH, _WIDTH)}
    shapes.update({"wide": (2 * _WIDTH, _WIDTH), "narrow": (_WIDTH, 2 * _WIDTH)})
    return {name: numpy.array(bench.rows(*shape)) / 8 for name, shape in shapes.items()}


def _specification(numpy: Any, weights: dict[str, Any]) -> Any:  # noqa: ANN401 - a module
    specs = importlib.import_module("ctranslate2.specs.transformer_spec")
    encoder = specs.TransformerEncoderSpec(1, _HEADS)
    encoder.embeddings[0].weight = weights["embedding"].astype("float32")
    encoder.position_encodings.encodings = weights["position"].astype("float32")
    layer = encoder.layer[0]
    for part in (encoder.layer_norm, layer.self_attention.layer_norm, layer.ffn.layer_norm):
        part.gamma, part.beta = numpy.ones(_WIDTH, "float32"), numpy.zeros(_WIDTH, "float32")
    linear = [*layer.self_attention.linear, layer.ffn.linear_0, layer.ffn.linear_1]
    for part, name in zip(linear, ("in", "out", "wide", "narrow")):  # noqa: B905 - Python 3.8
        part.weight = weights[name].astype("float32")
        part.bias = numpy.zeros(len(part.weight), "float32")
    made = specs.TransformerEncoderModelSpec(encoder)
    made.register_vocabulary([f"token{number}" for number in range(16)])
    made.validate()
    made.optimize()
    return made


def _reference(numpy: Any, weights: dict[str, Any]) -> Any:  # noqa: ANN401 - a module
    rows = weights["embedding"][_TOKENS] * _WIDTH**0.5 + weights["position"][: len(_TOKENS)]
    query, key, value = numpy.split(_normal(numpy, rows) @ weights["in"].T, 3, axis=-1)
    attended = []
    for head in range(_HEADS):
        part = slice(head * _WIDTH // _HEADS, (head + 1) * _WIDTH // _HEADS)
        scores = query[:, part] @ key[:, part].T / (_WIDTH // _HEADS) ** 0.5
        powers = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        attended.append(powers / powers.sum(axis=-1, keepdims=True) @ value[:, part])
    rows = rows + numpy.concatenate(attended, axis=-1) @ weights["out"].T
    rows = rows + numpy.maximum(_normal(numpy, rows) @ weights["wide"].T, 0) @ weights["narrow"].T
    return _normal(numpy, rows)


def _normal(numpy: Any, rows: Any) -> Any:  # noqa: ANN401 - arrays
    """Normalise each row."""
    centred = rows - rows.mean(axis=-1, keepdims=True)
    return centred / numpy.sqrt(rows.var(axis=-1, keepdims=True) + 1e-5)


def finish(_bench: Bench) -> None:
    """Wait for nothing: the answer has been read."""


def is_device_usable(bench: Bench) -> bool:
    """Let the next check run in a process of its own: CTranslate2 does not tell whether the device still answers."""
    return bench.device == "cpu"


def report_facts(bench: Bench) -> None:
    """Report the libraries that this process mapped."""
    bench.report_mapped("ctranslate2-")


CHECKS = [
    ("ctranslate2-import", import_ctranslate2, ("cuda", "cpu"), True),
    ("ctranslate2-encode", encode, ("cuda", "cpu")),
    ("ctranslate2-convolve", convolve, ("cuda", "cpu")),
]
