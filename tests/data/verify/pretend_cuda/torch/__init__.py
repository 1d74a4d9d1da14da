# ruff: noqa
# mypy: ignore-errors
"""Becomes the real CPU torch, with a device `cuda` that computes on the CPU and fails where it is told to.

What the checks do on a GPU runs for real, numbers included. `faults.json` beside this package names the faults.
"""

import importlib
import json
import os
import signal
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

_HERE = Path(__file__).parent.parent
_FAULTS = json.loads((_HERE / "faults.json").read_text()) if (_HERE / "faults.json").exists() else {}
if os.environ.get("CUDA_DISABLE_PTX_JIT") == "1":
    _FAULTS.update(_FAULTS.get("without-jit", {}))

del sys.modules["torch"]
_folders = sys.path[:]
sys.path[:] = [(_HERE / "real").read_text(), *(folder for folder in sys.path if Path(folder) != _HERE)]
torch = importlib.import_module("torch")
functional = importlib.import_module("torch.nn.functional")
attention = importlib.import_module("torch.nn.attention")
sys.path[:] = [*_folders, sys.path[0]]


def _fail(fault):
    if fault == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif fault == "hang":
        time.sleep(3600)
    elif fault.startswith("foreign-kernel"):
        # As CUDA's device printf does: C's standard output, no exception.
        os.write(1, b"FATAL: this function is for sm80, but was built for sm370\n" * 3)
    elif fault == "sticky":
        _lost.append("CUDA error: an illegal memory access was encountered")
        raise RuntimeError(_lost[0])
    elif fault != "wrong":
        raise RuntimeError(fault)


_lost = []


def _synchronize(_device=None):
    if _lost:
        raise RuntimeError(_lost[0])


def _on_cpu(device):
    return "cpu" if str(device).startswith("cuda") else device


def _wrapped(owner, name):
    """Replace a function by one that knows the device, and that fails as told when it meets the device."""
    original = getattr(owner, name)

    def replacement(*arguments, **options):
        met = _met_device(arguments)
        if met and _FAULTS.get(name) == "nan-in-half":
            answer = original(*arguments, **options)
            return answer * float("nan") if answer.dtype == torch.float16 else answer
        if met and name in _FAULTS:
            _fail(_FAULTS[name])
            answer = original(*arguments, **options)
            return answer if _FAULTS[name].endswith("right-numbers") else answer * 0
        return _marked(original(*arguments, **options)) if met else original(*arguments, **options)

    setattr(owner, name, replacement)


def _met_device(arguments):
    return any(isinstance(found, torch.Tensor) and getattr(found, "is_on_pretended_gpu", False) for found in arguments)


def _marked(value):
    for tensor in value if isinstance(value, tuple) else (value,):
        if isinstance(tensor, torch.Tensor):
            tensor.is_on_pretended_gpu = True
    return value


_original_to = torch.Tensor.to


def _to(self, *arguments, **options):
    if arguments and str(arguments[0]).startswith("cuda"):
        return _marked(_original_to(self, "cpu").clone())
    return _original_to(self, *arguments, **options)


torch.Tensor.to = _to
for _name in ("sort", "cumsum", "softmax", "abs", "sin", "__matmul__"):
    _wrapped(torch.Tensor, _name)
for _owner, _name in (
    (torch.fft, "rfft"),
    (torch.linalg, "solve"),
    (torch.sparse, "mm"),
    (functional, "conv2d"),
    (functional, "scaled_dot_product_attention"),
):
    _wrapped(_owner, _name)
for _name in ("zeros", "ones", "randn"):

    def _make(*arguments, _original=getattr(torch, _name), device="cpu", **options):
        return _original(*arguments, device=_on_cpu(device), **options)

    setattr(torch, _name, _make)
_generator = torch.Generator


class Generator:
    """Still a type: packages name it in annotations."""

    def __new__(cls, device="cpu"):
        return _generator(device=_on_cpu(device))


torch.Generator = Generator


def _scaled_mm(left, right, *, scale_a, scale_b, out_dtype):
    if "_scaled_mm" in _FAULTS:
        _fail(_FAULTS["_scaled_mm"])
    return (left.to(torch.float32) @ right.to(torch.float32) * scale_a * scale_b).to(out_dtype)


torch._scaled_mm = _scaled_mm
attention.sdpa_kernel = lambda _backend: nullcontext()
torch.backends.cuda.is_flash_attention_available = lambda: True
torch.backends.cudnn.is_available = lambda: True
torch.backends.cudnn.version = lambda: 91900
torch.__version__ = "2.13.0+cu130"
torch.version.cuda = "13.0"
torch._C._cuda_getDriverVersion = lambda: 13000
_visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")
_capability = tuple(_FAULTS.get("capability", (12, 0)))
for _name, _value in {
    "init": lambda: None,
    "device_count": lambda: len(_visible),
    "get_device_name": lambda _index: f"the GPU {_visible[0]}",
    "get_device_capability": lambda _index: _capability,
    "get_arch_list": lambda: ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"],
    "synchronize": _synchronize,
}.items():
    setattr(torch.cuda, _name, _value)


def _all_reduce(inputs, outputs):
    if "all_reduce" in _FAULTS:
        _fail(_FAULTS["all_reduce"])
    for output in outputs:
        output.copy_(sum(inputs) * ("all_reduce" not in _FAULTS))


def _compile(function, **options):
    assert options == {"backend": "inductor", "fullgraph": True, "dynamic": False}
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"].startswith(os.path.dirname(os.environ["TRITON_CACHE_DIR"]))
    if "compile" in _FAULTS:
        _fail(_FAULTS["compile"])
    return function


sys.modules["torch.cuda.nccl"] = torch.cuda.nccl = SimpleNamespace(version=lambda: (2, 28, 9), all_reduce=_all_reduce)
torch.distributed.is_available = torch.distributed.is_nccl_available = lambda: True
torch.compile = _compile


def _nms(boxes, scores, threshold):
    kept, order = [], scores.argsort(descending=True)
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[best, :2], boxes[order, :2])
        high = torch.minimum(boxes[best, 2:], boxes[order, 2:])
        shared = (high - low).clamp(min=0).prod(dim=1)
        area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
        order = order[shared / (area[best] + area[order] - shared) <= threshold]
    return torch.stack(kept)


sys.modules["torchvision"] = SimpleNamespace(
    __version__="0.28.0+cu130", __spec__=SimpleNamespace(), ops=SimpleNamespace(nms=_nms)
)
sys.modules["torch"] = torch
