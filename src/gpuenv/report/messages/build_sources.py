"""The sentences of the station `build` about sources: what they take, and why they cannot be had."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE_MESSAGES: Final[Mapping[str, Message]] = {
    "long-build": Message(
        en="compiling {package} takes about {duration} here with MAX_JOBS={jobs}, and up to {memory} of memory",
        zh="在本机以 MAX_JOBS={jobs} 编译 {package} 约需 {duration}，最多占用 {memory} 内存",
        hints=("MAX_JOBS={fewer} {typed}",),
    ),
    "sdist-not-available": Message(
        en="no source of {requirement} could be fetched: {detail}",
        zh="无法获取 {requirement} 的源码：{detail}",
        hints=(
            "{typed:~{offline}}",
            "pip download --no-deps --no-binary :all: '{requirement}'",
            "{typed:--no-build}",
        ),
    ),
    "source-project-unknown": Message(
        en="no index that is set up here has a project {package}; sources that are on none are named by git+https://...",
        zh="当前配置的索引中都没有名为 {package} 的项目；不在索引中的源码请用 git+https://... 指定",
        hints=("{typed:{typo}=>{near}}", "pip index versions {package}", "{typed:--no-build}"),
    ),
    "source-version-unknown": Message(
        en="there is no source of {requirement}; there is one of {offered}",
        zh="没有 {requirement} 的源码；可用的源码版本有 {offered}",
        hints=("{typed:{requirement}=>{wanted}}", "{typed:--no-build}"),
    ),
    "source-wheels-only": Message(
        en="{requirement} cannot be built: its project publishes wheels only, no source",
        zh="无法构建 {requirement}：该项目只发布 wheel，不提供源码",
        hints=("{command}", "{typed:--no-build}"),
    ),
}
