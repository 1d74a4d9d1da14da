"""The sentences of the station `build`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "building-extension": Message(
        en="building {source} for compute capability {architectures}",
        zh="正在为计算能力 {architectures} 构建 {source}",
    ),
    "extension-built": Message(
        en="built and proved; install it with: pip install --no-deps --force-reinstall {wheel}",
        zh="构建完成并已验证；安装命令：pip install --no-deps --force-reinstall {wheel}",
    ),
    "not-a-source-tree": Message(
        en="{path} holds neither pyproject.toml nor setup.py: there is nothing to build",
        zh="{path} 中既没有 pyproject.toml 也没有 setup.py：没有可构建的内容",
        hints=("ls {path}",),
    ),
    "no-cuda-toolkit": Message(
        en="no CUDA toolkit was found (looked for {places}); building needs its compiler, nvcc",
        zh="未找到 CUDA 工具包（已查找 {places}）；构建需要其编译器 nvcc",
        hints=("conda install -c nvidia cuda-nvcc cuda-libraries-dev", "CUDA_HOME=/usr/local/cuda gpuenv build ."),
    ),
    "nvcc-fails": Message(
        en="{nvcc} does not tell its version: {detail}",
        zh="{nvcc} 未能给出版本信息：{detail}",
        hints=("{nvcc} --version",),
    ),
    "toolkit-does-not-fit-torch": Message(
        en="{nvcc} is of CUDA {toolkit}, and the installed torch of CUDA {torch_cuda}: one process loads one major"
        " version",
        zh="{nvcc} 属于 CUDA {toolkit}，而已安装的 torch 使用 CUDA {torch_cuda}：同一进程只能加载一个主版本",
        hints=("CUDA_HOME=/usr/local/cuda-{torch_cuda} gpuenv build .",),
    ),
    "toolkit-lacks-architecture": Message(
        en="CUDA toolkit {toolkit} does not compile for {architecture}: that takes a toolkit {needed}",
        zh="CUDA 工具包 {toolkit} 不支持为 {architecture} 编译：需要版本 {needed} 的工具包",
        hints=("ls -d /usr/local/cuda-*",),
    ),
    "build-needs-torch": Message(
        en="{environment} has no torch, and extensions are built against the one that will load them",
        zh="{environment} 中没有 torch，而扩展必须针对将要加载它的 torch 构建",
        hints=("gpuenv install --venv {environment}",),
    ),
    "build-needs-cuda-torch": Message(
        en="torch {torch} in {environment} is no CUDA build: extensions for GPUs cannot be built against it",
        zh="{environment} 中的 torch {torch} 不是 CUDA 构建：无法据此构建 GPU 扩展",
        hints=("gpuenv install --venv {environment}",),
    ),
    "build-needs-gpu": Message(
        en="{target} has no GPU to build for",
        zh="{target} 没有可供构建的 GPU",
        hints=("gpuenv build . --target rtx-5090",),
    ),
    "build-failed": Message(
        en="building {source} failed:\n{detail}",
        zh="构建 {source} 失败：\n{detail}",
        hints=("gpuenv build {source} -v",),
    ),
    "wheel-not-writable": Message(
        en="the wheel cannot be put into {folder}: {detail}",
        zh="无法将 wheel 写入 {folder}：{detail}",
        hints=("gpuenv build . -o dist",),
    ),
    "extension-lacks-architecture": Message(
        en="{library} was built without code for {gpu} (it has {sass}): its build ignores TORCH_CUDA_ARCH_LIST, or took"
        " objects of an earlier build",
        zh="{library} 中没有适用于 {gpu} 的代码（仅有 {sass}）：其构建脚本忽略了 TORCH_CUDA_ARCH_LIST，"
        "或使用了之前构建的目标文件",
        hints=("rm -rf {source}/build",),
    ),
    "extension-without-gpu-code": Message(
        en="{wheel} holds no GPU code at all: its build found no reason to use CUDA",
        zh="{wheel} 中完全没有 GPU 代码：其构建过程没有使用 CUDA",
        hints=("gpuenv build {source} -v",),
    ),
}
