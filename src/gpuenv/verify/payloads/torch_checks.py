"""Checks torch itself: that it imports, reaches the device, and that the kernels of its own library compute.

A check file: `harness.py` runs what `CHECKS` lists. Matrix products and convolutions come from NVIDIA's libraries,
which serve more GPUs than torch's own kernels do; those checks are in `torch_library_checks.py`.
"""

from __future__ import annotations

import importlib
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers: nothing of gpuenv is imported where this runs
    from gpuenv.verify.payloads.harness import Bench

_TEGRA = {(5, 3), (6, 2), (7, 2), (8, 7), (10, 1), (11, 0)}
_TEGRA_LIFTED_CODE = {(7, 0), (8, 0), (8, 6)}
_TEGRA_LIFTED_IN = (13, 2)
_THOR_NAMES = {(10, 1): (11, 0)}
"""Integrated GPUs, and Thor's two names: as torch 2.15.0 encodes them in `torch/cuda/__init__.py`."""


def import_torch(bench: Bench) -> str:
    """Import torch and say which build it is."""
    torch = importlib.import_module("torch")
    bench.modules["torch"] = torch
    bench.restart_random()
    bench.fact("torch", torch.__version__)
    bench.fact("torch-cuda", torch.version.cuda or "none")
    bench.fact("torch-path", torch.__file__)
    return f"torch {torch.__version__}, CUDA {torch.version.cuda or 'none'}"


def initialise_cuda(bench: Bench) -> str:
    """Initialise CUDA; torch's own error is the result where it cannot."""
    torch = bench.torch
    if torch.version.cuda is None:
        kind = "ROCm" if getattr(torch.version, "hip", None) else "CPU"
        bench.fail("cpu-build-on-gpu-target", f"torch {torch.__version__} is a {kind} build")
    torch.cuda.init()
    count = torch.cuda.device_count()
    if count == 0:
        bench.fail("no-cuda-device", "CUDA shows no device")
    torch.cuda.synchronize()
    return f"{torch.cuda.get_device_name(0)}, {count} visible"


def served_by(
    listed: list[str],
    capability: tuple[int, int],
    cuda: tuple[int, int],
    driver_cuda: tuple[int, int] | None,
) -> str | None:
    """Find the code of a build that serves a GPU: `sm_86`, `compute_120`, or None.

    `listed` is what `torch.cuda.get_arch_list()` returns, `cuda` the build's version. A cubin serves its major from its
    minor on, with a suffix only its capability (a) or family (f). PTX serves what is newer, if it is of the build's own
    newest architecture and the driver is not older than the build.
    """
    gpu = _THOR_NAMES.get(capability, capability)
    code = [found for found in map(_architecture, listed) if found is not None]
    cubins = [
        (made_for, name) for kind, made_for, suffix, name in code if kind == "sm" and _runs(made_for, suffix, gpu, cuda)
    ]
    if cubins:
        return max(cubins)[1]
    if driver_cuda is not None and driver_cuda < cuda:
        return None
    newest = max((made_for for kind, made_for, _, _ in code if kind == "sm"), default=(0, 0))
    ptx = [
        (made_for, name)
        for kind, made_for, suffix, name in code
        if kind == "compute" and made_for >= newest and _compiles(made_for, suffix, gpu)
    ]
    return max(ptx)[1] if ptx else None


def _architecture(name: str) -> tuple[str, tuple[int, int], str, str] | None:
    found = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", name)
    if found is None:
        return None
    return found[1], (int(found[2]), int(found[3])), found[4], name


def _runs(made_for: tuple[int, int], suffix: str, gpu: tuple[int, int], cuda: tuple[int, int]) -> bool:
    one_name = _THOR_NAMES.get(made_for, made_for)
    if suffix == "a" or one_name == gpu:
        return one_name == gpu
    if one_name[0] != gpu[0] or one_name[1] > gpu[1]:
        return False
    if (one_name in _TEGRA) != (gpu in _TEGRA):
        return gpu in _TEGRA and cuda >= _TEGRA_LIFTED_IN and one_name in _TEGRA_LIFTED_CODE
    return True


def _compiles(made_for: tuple[int, int], suffix: str, gpu: tuple[int, int]) -> bool:
    one_name = _THOR_NAMES.get(made_for, made_for)
    if suffix == "a":
        return one_name == gpu
    if suffix == "f":
        return one_name[0] == gpu[0] and one_name[1] <= gpu[1]
    return one_name <= gpu


def architectures(bench: Bench) -> str:
    """Compare the GPU's compute capability with the code that the build carries."""
    torch = bench.torch
    listed = list(torch.cuda.get_arch_list())
    if not listed:
        bench.skip("architectures-not-listed", "this build does not say what it carries")
    capability = tuple(torch.cuda.get_device_capability(0))
    major, minor = torch.version.cuda.split(".")[:2]
    ask_driver = getattr(torch._C, "_cuda_getDriverVersion", None)  # noqa: SLF001 - it has no public name
    number = ask_driver() if ask_driver else 0
    driver = (number // 1000, number % 1000 // 10) if number else None
    code = served_by(listed, capability, (int(major), int(minor)), driver)
    if code is None:
        bench.fail("no-code-in-build", f"{capability[0]}.{capability[1]} is served by none of {' '.join(listed)}")
    return f"{capability[0]}.{capability[1]} runs {code}"


def elementwise(bench: Bench) -> str:
    """Add, multiply, exponentiate and compare."""
    numbers = bench.random(1000, 257)

    def calculate(x: Any) -> Any:  # noqa: ANN401 - tensors
        return (x * 1.5 + x.sin()).exp().clamp(max=50.0) + (x > 0).to(x.dtype)

    return str(bench.compare(calculate(numbers.to(bench.device)), calculate(numbers.double()), allowed=1e-5))


def reduction(bench: Bench) -> str:
    """Sum, average and find the largest."""
    torch = bench.torch
    numbers = bench.random(513, 1027)
    there = numbers.to(bench.device)
    largest = numbers.gather(1, there.argmax(dim=1, keepdim=True).cpu())
    if not torch.equal(largest, numbers.amax(dim=1, keepdim=True)):
        bench.fail("wrong-numbers", "argmax points at another number than the largest")
    bench.compare(there.sum(dim=0), numbers.double().sum(dim=0), allowed=1e-5)
    return str(bench.compare((there * there).mean(), (numbers.double() ** 2).mean(), allowed=1e-5))


def sort(bench: Bench) -> str:
    """Sort numbers and their places (CUB on a GPU)."""
    torch = bench.torch
    numbers = bench.random(100_003)
    values, places = numbers.to(bench.device).sort()
    if not torch.equal(values.cpu(), numbers.sort().values) or not torch.equal(numbers[places.cpu()], values.cpu()):
        bench.fail("wrong-numbers", "the sorted numbers differ")
    top = numbers.to(bench.device).topk(50).values.cpu()
    if not torch.equal(top, numbers.sort(descending=True).values[:50]):
        bench.fail("wrong-numbers", "the 50 largest numbers differ")
    return "equal"


def running_sum(bench: Bench) -> str:
    """Add up along a dimension (CUB on a GPU): integers, so that the answer is exact."""
    torch = bench.torch
    numbers = (bench.random(70_001) * 1000).long()
    if not torch.equal(numbers.to(bench.device).cumsum(0).cpu(), numbers.cumsum(0)):
        bench.fail("wrong-numbers", "the running sums differ")
    return "equal"


def index(bench: Bench) -> str:
    """Gather, scatter with addition, and select by a mask."""
    torch = bench.torch
    numbers = bench.random(4096, 16)
    places = (bench.random(1024).abs() * 1000).long().clamp(max=4095)
    there, there_places = numbers.to(bench.device), places.to(bench.device)
    same = (
        torch.equal(there[there_places].cpu(), numbers[places])
        and torch.equal(there[there > 1].cpu(), numbers[numbers > 1])
        and torch.equal((there[:, 0] > 0).nonzero().cpu(), (numbers[:, 0] > 0).nonzero())
    )
    if not same:
        bench.fail("wrong-numbers", "the selected numbers differ")
    added = torch.zeros(4096, 16, device=bench.device).index_add(0, there_places, there[:1024])
    expected = torch.zeros(4096, 16, dtype=torch.float64).index_add(0, places, numbers[:1024].double())
    return str(bench.compare(added, expected, allowed=1e-5))


def softmax(bench: Bench) -> str:
    """Normalise rows, also long ones."""
    short, long = bench.random(300, 100), bench.random(8, 30_000)
    bench.compare(short.to(bench.device).softmax(dim=1), short.double().softmax(dim=1), allowed=1e-5)
    return str(bench.compare(long.to(bench.device).softmax(dim=1), long.double().softmax(dim=1), allowed=1e-5))


def random_numbers(bench: Bench) -> str:
    """Draw on the device: the same numbers for one seed, with the mean and deviation of the distribution."""
    torch = bench.torch
    count = 100_000
    drawn = [
        torch.randn(count, device=bench.device, generator=torch.Generator(device=bench.device).manual_seed(bench.seed))
        for _ in range(2)
    ]
    if not torch.equal(drawn[0], drawn[1]):
        bench.fail("wrong-numbers", "one seed gave two series")
    mean, deviation = float(drawn[0].double().mean().cpu()), float(drawn[0].double().std().cpu())
    # Six standard errors: a sound generator misses this once in some hundred million runs.
    if not (abs(mean) < 6 / math.sqrt(count) and abs(deviation - 1) < 6 / math.sqrt(2 * count)):
        bench.fail("wrong-numbers", f"mean {mean:.3f}, deviation {deviation:.3f} of normal numbers")
    return f"mean {mean:.4f}, deviation {deviation:.4f}"


def autograd(bench: Bench) -> str:
    """Differentiate backwards; the reference is the derivative written out."""
    inputs, weights = bench.random(64, 32), bench.random(32, 16) / 6
    there = weights.to(bench.device).requires_grad_()
    (inputs.to(bench.device) @ there).tanh().pow(2).mean().backward()
    wide = inputs.double()
    outer = (wide @ weights.double()).tanh()
    expected = wide.t() @ (2 * outer * (1 - outer**2) / outer.numel())
    return str(bench.compare(there.grad, expected, allowed=5e-3))  # a GPU may multiply in tf32


def copy_between_gpus(bench: Bench) -> str:
    """Copy from each GPU to each other one, in both directions."""
    torch = bench.torch
    count = torch.cuda.device_count()
    if count < 2:  # noqa: PLR2004 - a pair
        bench.fail("no-cuda-device", f"{count} GPU visible where several were selected")
    numbers = bench.random(1_000_003)
    for source in range(count):
        for sink in range(count):
            if not torch.equal(numbers.to(f"cuda:{source}").to(f"cuda:{sink}").cpu(), numbers):
                bench.fail("wrong-numbers", f"the copy from GPU {source} to GPU {sink} differs")
    return f"{count} GPUs, every direction equal"


def finish(bench: Bench) -> None:
    """Wait for the device, so that an error in a kernel belongs to the check that started it."""
    if bench.device == "cuda":
        bench.torch.cuda.synchronize()


def is_device_usable(bench: Bench) -> bool:
    """Tell whether the device still answers after a failed check: a faulting kernel ends the whole context."""
    if bench.device == "cpu":
        return True
    try:
        bench.torch.cuda.synchronize()
    except Exception:  # noqa: BLE001 - the type differs by version
        return False
    return True


def report_facts(bench: Bench) -> None:
    """Report cuDNN's version and the libraries that this process really mapped."""
    if bench.device == "cuda" and bench.torch.backends.cudnn.is_available():
        bench.fact("cudnn", bench.torch.backends.cudnn.version())
    bench.report_mapped()


CHECKS = [
    ("torch-import", import_torch, ("cuda", "cuda-group", "cpu"), True),
    ("torch-cuda-initialises", initialise_cuda, ("cuda", "cuda-group"), True),
    ("torch-architectures", architectures, ("cuda",)),
    ("torch-elementwise", elementwise, ("cuda", "cpu")),
    ("torch-reduction", reduction, ("cuda", "cpu")),
    ("torch-sort", sort, ("cuda", "cpu")),
    ("torch-cumsum", running_sum, ("cuda", "cpu")),
    ("torch-index", index, ("cuda", "cpu")),
    ("torch-softmax", softmax, ("cuda", "cpu")),
    ("torch-random", random_numbers, ("cuda", "cpu")),
    ("torch-autograd", autograd, ("cuda", "cpu")),
    ("torch-copy-between-gpus", copy_between_gpus, ("cuda-group",)),
]
