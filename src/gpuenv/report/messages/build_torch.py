"""The sentences of the station `build` about the script that builds PyTorch itself."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

TORCH_MESSAGES: Final[Mapping[str, Message]] = {
    "print-is-for-torch": Message(
        en="--print writes the script that builds PyTorch: one version of it has to be named",
        zh="--print 用于生成构建 PyTorch 的脚本：需要指定一个确切版本",
        hints=("gpuenv build torch==2.9.1 --print --target rtx-5090",),
    ),
    "script-is-for-linux": Message(
        en="the script is for Linux, not for {platform}",
        zh="该脚本适用于 Linux，而非 {platform}",
        hints=("{typed:--platform linux-x86_64}",),
    ),
    "script-needs-gpu": Message(
        en="the script builds PyTorch for GPUs, and {target} has none; for a CPU nothing has to be compiled",
        zh="该脚本为 GPU 构建 PyTorch，而 {target} 没有 GPU；CPU 版无需编译",
        hints=("{command}", "{typed:--target rtx-5090}"),
    ),
    "script-needs-driver": Message(
        en="driver {driver} does not run PyTorch {torch} on {gpus}, however it is built; {needed} does",
        zh="无论如何构建，驱动 {driver} 都无法在 {gpus} 上运行 PyTorch {torch}；{needed} 可以",
        hints=("{typed:--driver {needed}}",),
    ),
    "script-needs-two-drivers": Message(
        en="no driver drives all of {gpus}: one of them needs {oldest} or newer, another at most {newest}",
        zh="没有驱动能同时驱动 {gpus}：其中一块需要 {oldest} 或更新版本，另一块最高只能用 {newest}",
        hints=("{typed:--target {alone}}",),
    ),
    "no-cuda-for-gpus": Message(
        en="no CUDA that torch {torch} is built with compiles for all of {gpus}",
        zh="torch {torch} 所用的 CUDA 版本中，没有一个能同时为 {gpus} 编译",
        hints=("gpuenv build torch=={nearest} --print --target {target}", "{typed:--target {alone}}"),
    ),
    "torch-version-not-known": Message(
        en="torch {torch} is not in matrix {matrix}: the script takes the CUDA and the C++ of {known} for it",
        zh="矩阵 {matrix} 中没有 torch {torch}：脚本沿用了 {known} 的 CUDA 和 C++ 标准",
        hints=("{typed:{typo}=>{meant}}",),
    ),
}
