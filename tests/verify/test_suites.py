from __future__ import annotations

from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.verification import Check
from gpuenv.verify.session import PAYLOADS
from gpuenv.verify.suites import SASS_PREFIX, Suite, is_checkable, suites_for

ONE = Gpu(name="a GPU", capabilities=(), probe=Probe.NVML, uuid="GPU-1")
OTHER = Gpu(name="a GPU", capabilities=(), probe=Probe.NVML, index=1)
TORCH = ("torch_checks.py", "torch_library_checks.py", "torch_attention_checks.py")
FULL = (*TORCH, "torch_full_checks.py", "torch_extension_checks.py")
ORT = ("onnxruntime_checks.py",)
EVERYTHING = frozenset({"torch", "onnxruntime-gpu", "cupy-cuda13x", "jax", "tensorflow", "ctranslate2"})


def listed(
    *gpus: Gpu, installed: frozenset[str], is_full: bool = False
) -> list[tuple[str | None, str, tuple[str, ...]]]:
    device = "cuda" if gpus else "cpu"
    suites = suites_for("cuda" if device == "cuda" else "cpu", gpus, installed, is_full=is_full)
    return [(suite.place, suite.prefix + suite.mode, suite.files) for suite in suites]


def test_each_gpu_has_its_processes_and_several_one_together() -> None:
    assert listed(ONE, OTHER, installed=frozenset({"torch", "onnxruntime-gpu"})) == [
        *(
            (place, mode, files)
            for place in ("GPU-1", "1")
            for mode, files in (("cuda", TORCH), ("cuda", ORT), ("cuda-after-torch", ORT))
        ),
        ("GPU-1,1", "cuda-group", TORCH),
    ]


def test_a_full_run_asks_every_library_and_repeats_two_without_the_drivers_compiler() -> None:
    assert listed(ONE, installed=EVERYTHING, is_full=True) == [
        ("GPU-1", "cuda", FULL),
        ("GPU-1", "cuda", ORT),
        ("GPU-1", "cuda-after-torch", ORT),
        ("GPU-1", "cuda", ("cupy_checks.py",)),
        ("GPU-1", "cuda", ("jax_checks.py",)),
        ("GPU-1", "cuda", ("tensorflow_checks.py",)),
        ("GPU-1", "cuda", ("ctranslate2_checks.py",)),
        ("GPU-1", "sass: cuda", TORCH),
        ("GPU-1", "sass: cuda", ORT),
    ]
    repeated = [suite for suite in suites_for("cuda", (ONE,), EVERYTHING, is_full=True) if suite.is_repetition]
    assert [suite.variables for suite in repeated] == [{"CUDA_DISABLE_PTX_JIT": "1"}] * 2


def test_a_cpu_has_no_machine_code_to_prove_and_no_cupy() -> None:
    assert listed(installed=EVERYTHING - {"onnxruntime-gpu"} | {"onnxruntime"}, is_full=True) == [
        (None, "cpu", FULL),
        (None, "cpu", ORT),
        (None, "cpu-after-torch", ORT),
        (None, "cpu", ("jax_checks.py",)),
        (None, "cpu", ("tensorflow_checks.py",)),
        (None, "cpu", ("ctranslate2_checks.py",)),
    ]


def test_only_what_has_passed_is_repeated_and_nothing_that_is_compiled_on_the_spot() -> None:
    settled = [Check(name="torch-sort", status="passed"), Check(name="torch-fft", status="failed")]
    repetition = Suite(mode="cuda", files=TORCH, prefix=SASS_PREFIX)
    assert repetition.left_out(settled) == {"torch-fft", "torch-architectures", "torch-complex-abs"}
    assert Suite(mode="cuda", files=TORCH).left_out(settled) == frozenset()


def test_every_check_file_is_run_by_some_suite() -> None:
    named = {file for suite in suites_for("cuda", (ONE,), EVERYTHING, is_full=True) for file in suite.files}
    assert named == {path.name for path in PAYLOADS.glob("*_checks.py")}


def test_other_libraries_count_only_in_a_full_run() -> None:
    assert is_checkable({"jax"}, is_full=True)
    assert not is_checkable({"jax"}, is_full=False)
    assert is_checkable({"torch", "numpy"}, is_full=False)
