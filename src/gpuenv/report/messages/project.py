"""The sentences of the station `project`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "pip-configuration-unreadable": Message(
        en="the pip configuration {file} cannot be read: {detail}",
        zh="无法读取 pip 配置文件 {file}：{detail}",
        hints=("python -m pip config debug",),
    ),
    "pip-setting-invalid": Message(
        en="{value} is no valid value of pip's setting {setting} ({origin})",
        zh="{value} 不是 pip 设置 {setting} 的有效值（{origin}）",
        hints=("python -m pip config unset global.{setting}",),
    ),
    "no-source-left": Message(
        en="pip is configured to use no index ({origin}), and there are no find-links either: nothing can be installed",
        zh="pip 已配置为不使用任何索引（{origin}），也没有设置 find-links：没有可用的安装来源",
        hints=("{typed:--indexes pytorch}",),
    ),
    "indexes-unknown": Message(
        en="{choice} is none of pytorch, pypi, auto, an http(s) address, or a folder",
        zh="{choice} 不是 pytorch、pypi、auto、http（s） 地址或目录中的任何一种",
        hints=("{typed:--indexes auto}",),
    ),
    "indexes-folder-missing": Message(
        en="the folder {choice} does not exist",
        zh="目录 {choice} 不存在",
        hints=("{typed:--indexes auto}",),
    ),
    "indexes-folder-unreadable": Message(
        en="the folder {choice} cannot be read: {detail}",
        zh="无法读取目录 {choice}：{detail}",
        hints=("{typed:--indexes auto}",),
    ),
    "requirement-invalid": Message(
        en="{requirement!s} is no requirement: {detail}",
        zh="{requirement!s} 不是有效的依赖声明：{detail}",
        hints=("gpuenv plan 'torch>=2.8' torchvision",),
    ),
    "requirement-line-invalid": Message(
        en="{file}, line {line}: {requirement!s} is no requirement: {detail}",
        zh="{file} 第 {line} 行：{requirement!s} 不是有效的依赖声明：{detail}",
    ),
    "requirement-file-missing": Message(
        en="there is no requirement file {file}", zh="需求文件 {file} 不存在", hints=("{typed:~-r}",)
    ),
    "requirement-file-missing-nested": Message(
        en="there is no requirement file {file}, which {named_in} includes",
        zh="{named_in} 引用的需求文件 {file} 不存在",
    ),
    "requirement-file-unreadable": Message(
        en="the requirement file {file} cannot be read: {detail}",
        zh="无法读取需求文件 {file}：{detail}",
        hints=("ls -la {file}",),
    ),
    "requirement-file-includes-itself": Message(
        en="the requirement file {file} includes itself",
        zh="需求文件 {file} 循环引用了自身",
    ),
    "project-file-unreadable": Message(
        en="{file} cannot be read: {detail}", zh="无法读取 {file}：{detail}", hints=("ls -la {file}",)
    ),
    "project-file-not-toml": Message(
        en="{file} is not valid TOML: {detail}",
        zh="{file} 不是有效的 TOML 文件：{detail}",
    ),
    "project-table-unknown-key": Message(
        en="{file}: there is no setting {key}; did you mean: {near}",
        zh="{file}：没有 {key} 这个设置；是否想用：{near}",
    ),
    "project-table-wrong-type": Message(
        en="{file}: {key} has to be of the type {expected}",
        zh="{file}：{key} 的类型必须是 {expected}",
    ),
    "build-system-invalid": Message(
        en="{file} does not say what its build needs: {detail}",
        zh="{file} 未正确声明其构建依赖：{detail}",
        hints=("cat {file}",),
    ),
    "project-table-wrong-value": Message(
        en="{file}: {key} has to be one of: {known}",
        zh="{file}：{key} 只能取以下值之一：{known}",
    ),
}
