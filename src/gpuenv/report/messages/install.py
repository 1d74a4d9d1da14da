"""The sentences of the station `install`: environments, stages, outcomes, what follows."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_STAGES: Final[Mapping[str, Message]] = {
    "removing-packages": Message(en="removing {packages}", zh="正在移除 {packages}"),
    "installing-packages": Message(en="installing {packages}", zh="正在安装 {packages}"),
    "downloading": Message(en="downloading {package} ({size})", zh="正在下载 {package}（{size}）"),
    "downloaded": Message(en="downloaded {package}", zh="已下载 {package}"),
    "checking-outcome": Message(en="comparing the environment with the plan", zh="正在核对环境与计划是否一致"),
}

_ENVIRONMENTS: Final[Mapping[str, Message]] = {
    "uv-not-found": Message(
        en="the program uv is neither in gpuenv's own installation nor on PATH",
        zh="gpuenv 的安装目录和 PATH 中都没有 uv 程序",
        hints=("python -m pip install uv",),
    ),
    "python-not-found": Message(
        en="there is no {python} on this machine (gpuenv downloads no Python by itself)",
        zh="本机没有 {python}（gpuenv 不会自行下载 Python）",
        hints=("uv python install", "uv python list"),
    ),
    "folder-not-empty": Message(
        en="{folder} is not an environment and not empty: no environment is created there",
        zh="{folder} 不是虚拟环境且不为空：不会在此创建环境",
        hints=('{typed:--venv "{folder}/.venv"}',),
    ),
    "system-interpreter": Message(
        en="{python} belongs to the operating system, and packages are not installed into it (PEP 668)",
        zh="{python} 属于操作系统，不能向其中安装软件包(PEP 668)",
        hints=("{typed:--venv .venv}",),
    ),
    "packages-outside-environment": Message(
        en="the packages of {environment} lie outside it, in {folder}, where a change could not be undone",
        zh="{environment} 的软件包位于其外部的 {folder}，在那里的更改无法撤销",
        hints=("{typed:--venv .venv}",),
    ),
    "base-interpreter": Message(
        en="{python} is a Python that environments are made from, and packages are not installed into it",
        zh="{python} 是用来创建环境的 Python，不能向其中安装软件包",
        hints=("{typed:--venv .venv}",),
    ),
    "environment-python-differs": Message(
        en="{environment} has Python {found}, and {wanted} was asked for: an environment keeps its Python",
        zh="{environment} 的 Python 版本是 {found}，而要求的是 {wanted}：环境的 Python 版本无法更改",
        hints=("{typed:--venv .venv-{wanted} --python {python}}",),
    ),
    "not-enough-disk": Message(
        en="{folder} has {free} free, and this plan takes {needed} there (to be downloaded: {download})",
        zh="{folder} 剩余 {free}，而此计划需要 {needed}（其中需下载 {download}）",
        hints=("df -h {folder}", "uv cache prune"),
    ),
    "environment-not-writable": Message(
        en="the environment cannot be written: {detail}",
        zh="环境不可写：{detail}",
        hints=("ls -ld {environment}",),
    ),
    "environment-busy": Message(
        en="another run of gpuenv (process {process}), or an installer that it started, is at work in {environment}",
        zh="另一个 gpuenv（进程 {process}）或其启动的安装程序正在处理 {environment}",
        hints=("ps -p {process}",),
    ),
    "environment-not-lockable": Message(
        en="the file system of {environment} refuses locks, so two runs could not be kept apart: {detail}",
        zh="{environment} 所在的文件系统不支持文件锁，无法防止两个进程同时修改：{detail}",
        hints=("df -T {environment}",),
    ),
    "environment-without-pip": Message(
        en="the environment was made without pip, because pip could not be had ({cause}); uv pip works",
        zh="由于无法获取 pip（{cause}），环境中没有 pip；可以使用 uv pip",
    ),
}

_OUTCOMES: Final[Mapping[str, Message]] = {
    "outcome-missing": Message(
        en="{package} {version} was to be installed and is not there", zh="计划安装的 {package} {version} 不存在"
    ),
    "outcome-other-version": Message(
        en="{package} is {found} instead of {version}", zh="{package} 的版本是 {found}，而不是 {version}"
    ),
    "outcome-other-build": Message(
        en="{package} is a build for {found} instead of {tag}", zh="{package} 是 {found} 构建，而不是 {tag}"
    ),
    "outcome-broken": Message(
        en="{package} {version} is not whole ({problem})", zh="{package} {version} 不完整（{problem}）"
    ),
    "outcome-damaged": Message(
        en="files of {package} {version} are missing or not as recorded: {files}",
        zh="{package} {version} 的文件缺失或与记录不符：{files}",
    ),
    "outcome-remnant": Message(en="{path} was left behind", zh="残留了 {path}"),
    "outcome-inconsistent": Message(
        en="{package} needs {requirement}, and there is {found} (`?`: nothing)",
        zh="{package} 需要 {requirement}，而现有的是 {found}（`?` 表示没有）",
    ),
    "changed-underneath": Message(
        en="somebody else changed {packages} in {environment} while gpuenv was at work",
        zh="在 gpuenv 工作期间，{environment} 中的 {packages} 被其他程序更改",
        hints=("{typed}",),
    ),
    "outcome-not-removed": Message(
        en="{package} {found} was to be removed and is still there", zh="应移除的 {package} {found} 仍然存在"
    ),
    "outcome-not-planned": Message(
        en="{package} changed from {version} to {found}, which nobody planned (`?`: not installed)",
        zh="{package} 从 {version} 变为 {found}，不在计划之中（`?` 表示未安装）",
    ),
}

_REASONS: Final[Mapping[str, Message]] = {
    "library-of-replaced-torch": Message(
        en="came with the torch that is replaced; nothing else needs it", zh="随被替换的 torch 安装；没有其他包需要它"
    ),
    "stale-library": Message(
        en="of another CUDA major than the new torch; nothing that is installed asks for it",
        zh="与新的 torch 的 CUDA 主版本不同；没有已安装的包需要它",
    ),
    "becomes-inconsistent": Message(
        en="{package} needs {requirement}, and would find {found} (`?`: nothing)",
        zh="{package} 需要 {requirement}，更改之后将是 {found}（`?` 表示没有）",
    ),
}

_AFTERWARDS: Final[Mapping[str, Message]] = {
    "changes": Message(en="changed:", zh="更改："),
    "more-packages": Message(en="and {count} more packages (-v lists them)", zh="以及另外 {count} 个包（-v 可列出）"),
    "proven-on": Message(
        en="{place}: {passed} checks passed in {seconds} s", zh="{place}：{passed} 项检查通过，用时 {seconds} 秒"
    ),
    "proven-on-in-part": Message(
        en="{place}: {passed} checks passed, {skipped} skipped, in {seconds} s",
        zh="{place}：{passed} 项检查通过，{skipped} 项跳过，用时 {seconds} 秒",
    ),
    "activate-next": Message(en="or, in this shell: {command}", zh="或在当前终端中：{command}"),
    "run-next": Message(en="next: {command}", zh="下一步：{command}"),
    "undo-next": Message(
        en="back: {command}   (the state before takes {size} of disk)",
        zh="撤销：{command}   （之前的状态占用磁盘 {size}）",
    ),
    "no-way-back": Message(en="the state before was not kept (--no-snapshot)", zh="未保留之前的状态（--no-snapshot）"),
    "undo-new": Message(
        en="back: {command}   (removes the new environment)", zh="撤销：{command}   （删除新建的环境）"
    ),
    "uv-project-reverts": Message(
        en="{project} is a uv project: its next `uv run` or `uv sync` brings back what uv.lock says; lasting is",
        zh="{project} 是 uv 项目：下一次 `uv run` 或 `uv sync` 会恢复 uv.lock 中的版本；要长期生效请运行",
        hints=("gpuenv lock --format uv",),
    ),
    "engine-said": Message(en="last lines of {engine}:", zh="{engine} 的最后几行输出："),
    "setting-taken": Message(en="{setting} = {value}   (from {origin})", zh="{setting} = {value}   （来自 {origin}）"),
    "download-total": Message(en="to be downloaded: {size}", zh="需要下载：{size}"),
    "download-total-at-least": Message(
        en="to be downloaded: at least {size} (the indexes do not tell the size of {unknown} packages)",
        zh="需要下载：至少 {size}（索引未提供 {unknown} 个包的大小）",
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {
    **_STAGES,
    **_ENVIRONMENTS,
    **_OUTCOMES,
    **_REASONS,
    **_AFTERWARDS,
}
