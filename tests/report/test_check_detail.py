from __future__ import annotations

import pytest

from gpuenv.report.check_detail import first_line

CRASH = """ended by signal 11 (Segmentation fault)
loading
Fatal Python error: Segmentation fault

Current thread 0x00007fed57ffdb80 (most recent call first):
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
  File "/env/torch/__init__.py", line 445 in <module>
  File "/checks/harness.py", line 207 in run_check

Extension modules: numpy.core._multiarray_umath (total: 1)
"""
HANG = """no answer in 6 s
Timeout (0:00:05.400000)!
Thread 0x00007fd005ea6b80 (most recent call first):
  File "/env/torch/__init__.py", line 40 in _fail
  File "/env/torch/__init__.py", line 77 in replacement
"""
COMMAND = """ended with exit code 1
step 1
Traceback (most recent call last):
  File "/p/train.py", line 3, in <module>
    main()
    ~~~~^^
RuntimeError: CUDA error: no kernel image is available
"""
SESSION = """asked for CUDAExecutionProvider, got CPUExecutionProvider
[E:onnxruntime:Default, provider_bridge_ort.cc:1745 TryGetProviderInfo_CUDA] Failed to load library: libcublasLt.so.11
"""


@pytest.mark.parametrize(
    ("detail", "line"),
    [
        ("", ""),
        ("CUDA error:\n  no kernel", "CUDA error: no kernel"),
        ("x" * 161, "x" * 160 + "..."),
        (CRASH, "ended by signal 11 (Segmentation fault) loading (/env/torch/__init__.py:445)"),
        (HANG, "no answer in 6 s (/env/torch/__init__.py:40)"),
        (COMMAND, "ended with exit code 1 step 1 RuntimeError: CUDA error: no kernel image is available"),
        (
            SESSION,
            "asked for CUDAExecutionProvider, got CPUExecutionProvider Failed to load library: libcublasLt.so.11",
        ),
    ],
    ids=["nothing", "breaks", "long", "crash", "hang", "command", "session"],
)
def test_what_a_check_said_becomes_one_line_that_names_the_fault(detail: str, line: str) -> None:
    assert first_line(detail) == line
