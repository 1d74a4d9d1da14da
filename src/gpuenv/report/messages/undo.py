"""The sentences of the way back: snapshots, roll-backs, undo, interruptions, drift."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROLLBACK: Final[Mapping[str, Message]] = {
    "snapshot-failed": Message(
        en="the state before could not be recorded, so nothing was changed: {detail}",
        zh="无法保存更改前的状态，因此未作任何更改：{detail}",
        hints=("df -h {environment}",),
    ),
    "rollback-failed": Message(
        en="the state before could not be restored: {detail}. Nothing of it is lost; remove the obstacle and run the"
        " command below",
        zh="无法恢复之前的状态：{detail}。数据没有丢失；请排除障碍，然后运行以下命令",
        hints=("gpuenv undo --venv {environment}",),
    ),
    "rollback-blocked": Message(
        en="the state before could not be restored, because {programs} holds {file}. Nothing of it is lost; close that"
        " program and run the command below",
        zh="无法恢复之前的状态：{programs} 正在使用 {file}。数据没有丢失；请关闭该程序，然后运行以下命令",
        hints=("gpuenv undo --venv {environment}",),
    ),
    "rollback-incomplete": Message(
        en="the state before is back but for files that something else than the plan changed meanwhile: {files}",
        zh="之前的状态已恢复，但以下文件在此期间被计划之外的程序更改，无法恢复：{files}",
        hints=("uv pip install --python {environment} --no-deps --reinstall {packages}",),
    ),
    "environment-as-before": Message(
        en="the environment {environment} is as it was before", zh="环境 {environment} 已恢复到之前的状态"
    ),
    "new-environment-removed": Message(
        en="the new environment {environment} was removed again",
        zh="新建的环境 {environment} 已被移除",
        hints=("tail {log}", "{again}"),
    ),
    "failed-environment-kept": Message(
        en="the new environment {environment} was left as it is, incomplete",
        zh="新建的环境 {environment} 未完成，已按要求保留",
        hints=("rm -r {environment}",),
    ),
    "change-was-complete": Message(
        en="the change of {environment} was complete by then, and stays",
        zh="此时对 {environment} 的更改已经完成，予以保留",
        hints=("gpuenv undo --venv {environment}",),
    ),
    "recovered": Message(
        en="a change of {environment} had been interrupted; the state before it is back",
        zh="{environment} 的一次更改曾被中断；现已恢复到更改之前的状态",
    ),
}

_UNDO: Final[Mapping[str, Message]] = {
    "nothing-to-undo": Message(
        en="gpuenv has changed nothing in {environment} that could be undone",
        zh="gpuenv 没有对 {environment} 做过可撤销的更改",
    ),
    "changed-since": Message(
        en="since gpuenv's last change others changed {environment}, and an undo would lose that: {changes}",
        zh="gpuenv 上次更改之后，{environment} 又有其他变动，撤销会丢失这些变动：{changes}",
        hints=("gpuenv undo --venv {environment} --discard-changes",),
    ),
    "undo-incomplete": Message(
        en="nothing was undone: the file system has no links, so only what gpuenv touched was kept, and others changed"
        " since: {files}",
        zh="未执行撤销：该文件系统不支持链接，只保留了 gpuenv 改动过的文件，而此后又有其他文件被更改：{files}",
        hints=("uv pip install --python {environment} --no-deps --reinstall {packages}",),
    ),
    "undone": Message(
        en="{environment} is as it was before the last change:", zh="{environment} 已恢复到上次更改之前的状态："
    ),
    "undone-without-packages": Message(
        en="{environment} is as it was before the last change", zh="{environment} 已恢复到上次更改之前的状态"
    ),
    "undo-of-undo": Message(
        en="to have it back: gpuenv undo --venv {environment}", zh="如需恢复：gpuenv undo --venv {environment}"
    ),
    "more-files": Message(en="... and {count} more files", zh="……以及另外 {count} 个文件"),
}

_DRIFT: Final[Mapping[str, Message]] = {
    "drifted": Message(
        en="{package} was {recorded} after gpuenv's last change and is {found} now, installed by {installer}",
        zh="gpuenv 上次更改后 {package} 为 {recorded}，现在是 {found}（由 {installer} 安装）",
    ),
    "drifted-by": Message(
        en="{package} was {recorded} after gpuenv's last change and is {found} now, because of {causes}; installers"
        " that `gpuenv run --` starts keep what gpuenv installed",
        zh="gpuenv 上次更改后 {package} 为 {recorded}，现在是 {found}，原因是 {causes}；"
        "通过 `gpuenv run --` 启动的安装程序会保留 gpuenv 安装的版本",
    ),
    "drifted-away": Message(
        en="{package} was {recorded} after gpuenv's last change and is not installed any more",
        zh="gpuenv 上次更改后 {package} 为 {recorded}，现在已不存在",
    ),
    "drift-mended-by": Message(
        en="to have what gpuenv had installed", zh="如需恢复 gpuenv 安装的版本", hints=("{command}",)
    ),
    "checkup-drifted": Message(
        en="the environment is not any more as gpuenv left it",
        zh="环境已不再是 gpuenv 上次更改后的状态",
    ),
    "change-unfinished": Message(
        en="a change of {environment} was broken off; the state before it can be had back",
        zh="对 {environment} 的一次更改中途中断；可以恢复到更改之前的状态",
        hints=("gpuenv undo --venv {environment}",),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_ROLLBACK, **_UNDO, **_DRIFT}
