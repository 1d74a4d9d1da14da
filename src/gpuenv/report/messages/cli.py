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
    "argument-missing": Message(
        en="the command lacks: {names}",
        zh="命令缺少参数：{names}",
        hints=("{program} --help",),
    ),
    "argument-unknown": Message(
        en="the command takes no such argument: {words}",
        zh="该命令不接受参数：{words}",
        hints=("{typed:~REQ}", "{program} --help"),
    ),
    "option-unknown": Message(
        en="the command has no option {option}",
        zh="该命令没有 {option} 这个选项",
        hints=("{program} --help",),
    ),
    "option-misspelt": Message(
        en="the command has no option {option}; did you mean: {near}",
        zh="该命令没有 {option} 这个选项；是否想用：{near}",
        hints=("{typed:{option}=>{nearest}}", "{program} --help"),
    ),
    "option-misplaced": Message(
        en="{option} does not go with {action}",
        zh="{option} 不能与 {action} 一起使用",
        hints=("{typed:~{option}}", "{typed:{option}=>}", "{program} --help"),
    ),
    "choice-unknown": Message(
        en="{option} is one of {known}, not {given}",
        zh="{option} 只能是 {known} 之一，不能是 {given}",
        hints=("{typed:{option} {nearest}}", "{typed:{given}=>{nearest}}", "{program} --help"),
    ),
    "option-needs-value": Message(
        en="{option} needs a value behind it",
        zh="选项 {option} 后面需要一个值",
        hints=("{program} --help",),
    ),
    "options-clash": Message(
        en="{option} and {other} cannot be used together",
        zh="{option} 与 {other} 不能同时使用",
        hints=("{typed:~{other}}", "{typed:~{option}}"),
    ),
    "unknown-command": Message(
        en="there is no command {command!s}; did you mean: {near}",
        zh="没有 {command!s} 这个命令；是否想用：{near}",
        hints=("{meant}", "gpuenv --help"),
    ),
    "option-before-command": Message(
        en="{option} stands before the command: options stand behind it",
        zh="{option} 写在了命令之前：选项应写在命令之后",
        hints=("{meant}", "gpuenv --help"),
    ),
    "system-refused": Message(
        en="the operating system refused: {detail} {file}",
        zh="操作系统拒绝了操作：{detail} {file}",
        hints=("ls -ld {file}", "df -h"),
    ),
    "interrupted": Message(en="interrupted", zh="已中断", hints=("{typed}",)),
    "program-not-found": Message(
        en="the program {program} was not found",
        zh="找不到程序 {program}",
        hints=("{typed:{program}=>{nearest}}", '{typed:"{program}=>python -m {program}"}'),
    ),
    "program-not-startable": Message(
        en="the program {program} could not be started: {detail}",
        zh="程序 {program} 无法启动：{detail}",
        hints=("ls -l {program}",),
    ),
}
