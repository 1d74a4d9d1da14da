"""The sentences on what mends a cause, what was read and run, and what tells two causes apart."""
# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_REPAIR: Final[Mapping[str, Message]] = {
    "repair-by-build": Message(
        en="repair: {builds} ({coverage})",
        zh="修复：{builds}（{coverage}）",
    ),
    "repair-by-build-assumed": Message(
        en="repair: {builds} ({coverage}); not told, and taken to be usual: {assumed}",
        zh="修复：{builds}（{coverage}）；未说明而按常见情况处理：{assumed}",
    ),
    "repair-not-by-wheel": Message(
        en="no wheel mends this: {reason}",
        zh="没有安装包能解决此问题：{reason}",
    ),
    "repair-depends-on-gpu": Message(
        en="which build mends this depends on the GPU, which is not known here: `gpuenv install` reads it on the"
        " machine",
        zh="用哪个构建修复取决于 GPU，而此处并不知道：请在该机器上运行 `gpuenv install`，它会读取 GPU",
    ),
    "repair-is-in-place": Message(
        en="the build that serves the GPU is in this environment already: reinstalling it changes nothing, another"
        " Python has spoken",
        zh="此环境中已是支持该 GPU 的构建，重装没有用：出错的是另一个 Python",
        hints=("{python} -c 'import torch; print(torch.__file__, torch.__version__)'",),
    ),
    "repair-by-driver": Message(
        en="no wheel mends this: it lies with the driver, or with how it reaches this place",
        zh="没有安装包能解决此问题：原因在驱动，或驱动未能传到此处",
    ),
    "repair-by-source-build": Message(
        en="no build of torch mends this: it lies with what is compiled here, and with what it is compiled by",
        zh="更换 torch 构建无法解决此问题：原因在于此处的源码编译及其工具",
    ),
    "repair-by-toolkit": Message(
        en="either side mends this: a torch build of the toolkit's CUDA major, or a toolkit of torch's",
        zh="两种方式均可解决：换用与工具包 CUDA 主版本一致的 torch 构建，或安装与 torch 一致的工具包",
    ),
    "repair-by-extension": Message(
        en="no build of torch mends this: the extension has to be replaced or rebuilt",
        zh="更换 torch 构建无法解决此问题：需要更换或重新编译该扩展",
    ),
    "repair-by-setting": Message(
        en="no other build is needed: a variable, a search path or a missing tool is at fault",
        zh="无需换用其他构建：原因在于环境变量、搜索路径或缺少的工具",
    ),
    "repair-by-installer": Message(
        en="no other build mends this: the installer failed on its download, cache or disk",
        zh="换用其他构建无法解决此问题：是安装程序的下载、缓存或磁盘出了问题",
    ),
    "repair-by-nothing": Message(
        en="nothing has to be installed: the installation is sound",
        zh="无需安装任何东西：安装本身没有问题",
    ),
    "fact-not-told": Message(en="not told", zh="未说明"),
    "facts-do-not-decide": Message(
        en="the facts do not tell it from: {others}; this does: {command}",
        zh="现有事实无法将其与以下原因区分：{others}；可用此命令区分：{command}",
        hints=("{command}",),
    ),
}

_CHECK_UP: Final[Mapping[str, Message]] = {
    "libraries-sound": Message(
        en="libraries: {examined} read, nothing missing",
        zh="库：已读取 {examined} 个，没有缺失",
    ),
    "libraries-faulty": Message(
        en="libraries: {examined} read; {faults}",
        zh="库：已读取 {examined} 个；{faults}",
    ),
    "machine-without-gpu": Message(en="no NVIDIA GPU", zh="没有 NVIDIA GPU"),
    "machine-gpu-unusable": Message(en="its GPU cannot be used", zh="GPU 无法使用"),
    "libraries-not-read": Message(en="libraries: not read: {reason}", zh="库：未读取：{reason}"),
    "kernels-passed": Message(en="kernels: {passed} checks passed", zh="内核：{passed} 项检查通过"),
    "kernels-failed": Message(
        en="kernels: {failed} of {ran} checks failed: {names}",
        zh="内核：{ran} 项检查中有 {failed} 项失败：{names}",
        hints=("gpuenv verify",),
    ),
    "kernels-not-run": Message(en="kernels: not run: {reason}", zh="内核：未运行：{reason}"),
    "kernels-without-gpu": Message(en="this machine has no NVIDIA GPU", zh="此机器没有 NVIDIA GPU"),
    "kernels-gpu-unusable": Message(en="the GPU of this machine cannot be used", zh="此机器的 GPU 无法使用"),
    "kernels-gpu-described": Message(en="the GPU was described, not detected", zh="GPU 是描述给出的，并非检测得到"),
    "kernels-cause-known": Message(en="the facts show the cause already", zh="仅凭现有事实已能确定原因"),
    "checkup-kernels-failed": Message(
        en="kernels fail on this GPU, and their messages name no cause that gpuenv knows",
        zh="在此 GPU 上内核运行失败，其错误信息不属于 gpuenv 已知的原因",
        hints=("gpuenv verify",),
    ),
    "checkup-proven": Message(
        en="machine and environment fit each other, and the kernels run",
        zh="机器与环境相互匹配，内核运行正常",
        hints=("gpuenv lock",),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_REPAIR, **_CHECK_UP}
