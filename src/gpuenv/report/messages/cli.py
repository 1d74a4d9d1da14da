"""The sentences of the command line itself."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "bad-arguments": Message(
        en="{detail}",
        zh="命令行参数有误：{detail}",
        hints=("{program} --help",),
    ),
    "unknown-command": Message(
        en="there is no command {command!s}; did you mean: {near}",
        zh="没有 {command!s} 这个命令；是否想用：{near}",
        hints=("gpuenv --help",),
    ),
    "system-refused": Message(
        en="the operating system refused: {detail} {file}", zh="操作系统拒绝了操作：{detail} {file}"
    ),
    "interrupted": Message(en="interrupted", zh="已中断"),
    "program-not-found": Message(
        en="the program {program} was not found",
        zh="找不到程序 {program}",
    ),
    "program-not-startable": Message(
        en="the program {program} could not be started: {detail}",
        zh="程序 {program} 无法启动：{detail}",
    ),
    "not-available-yet": Message(
        en="gpuenv {version} cannot do this yet: {what}",
        zh="gpuenv {version} 尚不支持：{what}",
        hints=("{instead}",),
    ),
}
