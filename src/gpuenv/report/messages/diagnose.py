"""The sentences of the station `diagnose`; those of the causes are in the two modules beside it."""
# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages import diagnose_gpu, diagnose_repair, diagnose_software
from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATION: Final[Mapping[str, Message]] = {
    "no-known-cause": Message(
        en="no GPU fault that gpuenv knows is in this text",
        zh="此文本中没有 gpuenv 已知的 GPU 故障",
        hints=("gpuenv diagnose", "gpuenv verify"),
    ),
    "checkup-fine": Message(
        en="machine and environment fit each other; `gpuenv verify` proves it with kernels",
        zh="机器与环境相互匹配；可用 `gpuenv verify` 实际运行内核加以验证",
        hints=("gpuenv verify",),
    ),
    "checkup-no-torch": Message(
        en="the environment has no PyTorch yet",
        zh="环境中尚未安装 PyTorch",
        hints=("gpuenv install --target auto",),
    ),
    "checkup-no-environment": Message(
        en="there is no environment here yet",
        zh="此处尚无环境",
        hints=("gpuenv install --target auto",),
    ),
    "diagnose-confidence": Message(en="confidence: {confidence}", zh="可信度：{confidence}"),
    "diagnose-evidence": Message(en="because:", zh="依据："),
    "diagnose-also": Message(en="also possible: {message} [{code}]", zh="也可能是：{message} [{code}]"),
    "diagnose-advice": Message(
        en="on what the text advises: {message} [{code}]", zh="关于文中的建议：{message} [{code}]"
    ),
    "diagnose-next": Message(en="next:", zh="下一步："),
    "diagnose-machine": Message(en="machine: {facts}", zh="机器：{facts}"),
    "diagnose-environment": Message(en="environment: {facts}", zh="环境：{facts}"),
    "diagnose-command-ended": Message(
        en="the command ended with exit code {exit_code}", zh="命令以退出码 {exit_code} 结束"
    ),
    "advice-index-lacks-gpu": Message(
        en="the advised index {index} has no builds with code for {target}: installing from it changes nothing",
        zh="所建议的索引 {index} 中没有支持 {target} 的构建，从那里安装没有用",
        hints=("gpuenv plan --target {target}", "gpuenv plan"),
    ),
    "advice-arch-list-does-not-help": Message(
        en="TORCH_CUDA_ARCH_LIST is read when extensions are compiled; the NVRTC that comes with torch does"
        " not read it",
        zh="TORCH_CUDA_ARCH_LIST 只在编译扩展时起作用，torch 自带的 NVRTC 不会读取它",
        hints=("gpuenv install",),
    ),
    "advice-driver-does-not-help": Message(
        en="a newer driver does not help here: the packages are at fault, not the driver",
        zh="更新驱动在此没有帮助：问题在软件包，而不在驱动",
        hints=("gpuenv install",),
    ),
    "nothing-to-fix-here": Message(
        en="--fix changes nothing: no installation into an environment of this machine removes the cause {cause}",
        zh="--fix 未作任何更改：在此机器的环境中安装无法消除原因 {cause}",
        hints=("gpuenv diagnose", "gpuenv install"),
    ),
    "log-unreadable": Message(
        en="the log {file} cannot be read: {detail}",
        zh="无法读取日志 {file}：{detail}",
        hints=("gpuenv diagnose --help",),
    ),
    "log-as-command": Message(
        en="{file} is no program: the text in it is diagnosed with --log",
        zh="{file} 不是程序：要诊断其中的文本，请使用 --log",
        hints=("{typed:~REQ ~-- --log {file}}",),
    ),
    "log-and-command": Message(
        en="a log and a command cannot be diagnosed at once",
        zh="不能同时诊断日志和命令",
        hints=("{typed:~--}", "{typed:~--log}"),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {
    **_STATION,
    **diagnose_repair.MESSAGES,
    **diagnose_gpu.MESSAGES,
    **diagnose_software.MESSAGES,
}
