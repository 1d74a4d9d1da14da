"""The sentences of the station `detect`: about the machine, its description, and environments."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.detect_driver import DRIVER_MESSAGES
from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENVIRONMENT: Final[Mapping[str, Message]] = {
    "environment-not-found": Message(
        en="there is no environment at {path}",
        zh="{path} 处没有环境",
        hints=("gpuenv install --venv {path}",),
    ),
    "not-an-environment": Message(
        en="{path} is no Python environment: it has neither pyvenv.cfg nor conda-meta nor an interpreter",
        zh="{path} 不是 Python 环境：其中没有 pyvenv.cfg、conda-meta，也没有解释器",
        hints=("{typed:--venv .venv}", "gpuenv install --venv .venv"),
    ),
    "environment-python-gone": Message(
        en="the environment {path} has lost its Python ({python} leads nowhere; it was made with {home})",
        zh="环境 {path} 的 Python 已不存在（{python} 指向的文件不存在；创建时使用 {home}）",
        hints=("uv venv --clear {path}", "gpuenv install --venv {path}"),
    ),
    "environment-unreadable": Message(
        en="the environment {path} cannot be read: {detail}",
        zh="无法读取环境 {path}：{detail}",
        hints=("ls -la {path}",),
    ),
    "environment-python-fails": Message(
        en="the interpreter {python} cannot tell its version: {detail}",
        zh="解释器 {python} 无法给出版本信息：{detail}",
        hints=("{python} -I -c 'import sys; print(sys.version)'",),
    ),
}

_MACHINE: Final[Mapping[str, Message]] = {
    "msvc-runtime-missing": Message(
        en="the Visual C++ runtime is not installed: torch and ONNX Runtime cannot be imported without it",
        zh="未安装 Visual C++ 运行库：没有它无法导入 torch 和 ONNX Runtime",
        hints=("{command}",),
    ),
    "compiler-too-new-for-toolkit": Message(
        en="CUDA {toolkit} ({root}) accepts {family} up to {newest}, and {compiler} is {version}: extensions do not"
        " build with it",
        zh="CUDA {toolkit}（{root}）最高支持 {family} {newest}，而 {compiler} 的版本是 {version}：无法用它编译扩展",
        hints=("{command}",),
    ),
    "folder-has-several-owners": Message(
        en="{owners} are installed and own the same folder {folder}/: each overwrites files of the other",
        zh="{owners} 同时安装并共用文件夹 {folder}/：它们会互相覆盖文件",
        hints=("{command}",),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {
    **DRIVER_MESSAGES,
    **_ENVIRONMENT,
    **_MACHINE,
    "override-invalid": Message(
        en="{variable}={value} cannot be understood; {variable}={example} can",
        zh="无法识别 {variable}={value}；正确写法如 {variable}={example}",
        hints=("{variable}={example} {typed}", "env -u {variable} {typed}"),
    ),
    "platform-unsupported": Message(
        en="gpuenv knows no builds for {system} on {machine}; it serves Linux x86_64 and aarch64, Windows x86_64,"
        " macOS arm64",
        zh="gpuenv 没有适用于 {machine} 上 {system} 的构建；支持 Linux x86_64 与 aarch64、Windows x86_64、macOS arm64",
        hints=("{typed:--platform linux-x86_64}",),
    ),
    "libraries-shadowed": Message(
        en="LD_LIBRARY_PATH puts CUDA libraries before those of the wheels: {folders}",
        zh="LD_LIBRARY_PATH 中的 CUDA 库会先于 wheel 自带的库被加载：{folders}",
        hints=("unset LD_LIBRARY_PATH",),
    ),
    "presence-absent": Message(en="no NVIDIA GPU", zh="没有 NVIDIA 显卡"),
    "presence-unusable": Message(
        en="there is an NVIDIA GPU, and it cannot be used (see below)", zh="有 NVIDIA 显卡，但无法使用（见下）"
    ),
    "outside-environment": Message(en="of the base Python", zh="属于基础 Python"),
    "other-gpu": Message(en="{name}: seen, not a target of gpuenv yet", zh="{name}：已识别，gpuenv 暂不支持"),
    "remnants": Message(en="left behind by an interrupted install: {names}", zh="安装中断后的残留：{names}"),
    "machine-was-unusable": Message(
        en="its GPU could not be used when it was described: describe it again once it can, or state the driver that it"
        " will have (--driver 580.95.05)",
        zh="保存描述时该机器的 GPU 不可用：修复后请重新保存，或用 --driver 580.95.05 指定将安装的驱动",
        hints=("gpuenv detect --save machine.json",),
    ),
    "machine-added": Message(
        en="added to {path}; `gpuenv plan --batch {path}` resolves for every machine in it",
        zh="已追加到 {path}；`gpuenv plan --batch {path}` 可为其中每台机器求解",
    ),
    "machine-saved": Message(
        en="saved to {path}; use it anywhere with --target {path}",
        zh="已保存到 {path}；在任何机器上用 --target {path} 读取",
    ),
    "machine-unreadable": Message(
        en="the machine description {path} cannot be read: {detail}",
        zh="无法读取机器描述文件 {path}：{detail}",
        hints=("gpuenv detect --save {path}",),
    ),
    "machine-invalid": Message(
        en="{path} is no machine description: {field} cannot be read ({value})",
        zh="{path} 不是有效的机器描述文件：无法识别 {field}（{value}）",
        hints=("gpuenv detect --save machine.json",),
    ),
    "machine-schema-newer": Message(
        en="{path} was saved by a newer gpuenv (schema {schema}; this one reads {known})",
        zh="{path} 由更新版本的 gpuenv 保存（schema {schema}；本版本支持 {known}）",
        hints=("uv pip install --upgrade gpuenv",),
    ),
    "machine-not-saved": Message(
        en="the machine description could not be written to {path}: {detail}",
        zh="无法将机器描述写入 {path}：{detail}",
        hints=("{typed:--save machine.json}",),
    ),
}
