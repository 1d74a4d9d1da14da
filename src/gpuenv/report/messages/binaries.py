"""The sentences of the station `binaries`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "file-unreadable": Message(
        en="{path} cannot be read: {detail}",
        zh="无法读取 {path}：{detail}",
    ),
    "binary-format-unknown": Message(
        en="{path} is no native library, object file or wheel",
        zh="{path} 不是本地库、目标文件或 wheel",
    ),
    "binary-damaged": Message(
        en="{path} is damaged: what its headers say is not there ({fault}, at byte {offset})",
        zh="{path} 已损坏：内容与文件头不符（{fault}，位于第 {offset} 字节）",
    ),
    "wheel-damaged": Message(
        en="{path} is no wheel that can be read: {detail}",
        zh="{path} 不是可读取的 wheel：{detail}",
    ),
    "wheel-too-large": Message(
        en="the libraries in {path} are announced with more than {limit_bytes} bytes: no wheel is so large",
        zh="{path} 声称其中的库超过 {limit_bytes} 字节：不存在这样大的 wheel",
    ),
    "remote-file-unreachable": Message(
        en="{url} cannot be reached: {detail}",
        zh="无法访问 {url}：{detail}",
        hints=("python -m pip config debug",),
    ),
    "remote-file-refused": Message(
        en="the server refuses {url} (status {status})",
        zh="服务器拒绝访问 {url}（状态码 {status}）",
    ),
    "remote-file-changed": Message(
        en="{url} changed while it was read: run the command again",
        zh="{url} 在读取过程中发生了变化：请重新运行命令",
    ),
    "remote-file-broken": Message(
        en="the answer for {url} is incomplete: {came} came instead of {wanted}",
        zh="{url} 的响应不完整：应为 {wanted}，实际为 {came}",
    ),
    "remote-file-not-stored": Message(
        en="{url} has to be downloaded, and the temporary folder cannot take it: {detail}",
        zh="{url} 需要下载，但临时目录无法保存：{detail}",
    ),
    "remote-file-without-ranges": Message(
        en="the server of {url} cannot send parts of a file: all of it was downloaded ({bytes} bytes)",
        zh="{url} 所在的服务器不支持部分下载：已下载整个文件（{bytes} 字节）",
    ),
    "reading-remote-wheel": Message(
        en="reading {url}",
        zh="正在读取 {url}",
    ),
    "inspect-needs-gpu": Message(
        en="the target {target} has no GPU to judge the libraries for",
        zh="目标 {target} 没有可供判断的 GPU",
    ),
    "no-gpu-code": Message(
        en="there is no GPU code in {files}: it runs on the CPU only",
        zh="{files} 中没有 GPU 代码：只能在 CPU 上运行",
    ),
    "libraries-lack-gpu": Message(
        en="no code for {gpu} in {files}",
        zh="{files} 中没有适用于 {gpu} 的代码",
    ),
    "code-generator": Message(
        en="{name} is of CUDA {cuda}",
        zh="{name} 属于 CUDA {cuda}",
    ),
    "code-generator-compiles": Message(
        en="{name} is of CUDA {cuda} and compiles for {architectures}",
        zh="{name} 属于 CUDA {cuda}，可为以下架构编译：{architectures}",
    ),
    "shared-library-missing": Message(
        en="nothing provides {library}; needed by {needed_by}",
        zh="缺少 {library}：{needed_by} 需要它",
    ),
    "inspected": Message(
        en="{with_code} of {examined} libraries hold GPU code",
        zh="{examined} 个库中有 {with_code} 个含有 GPU 代码",
    ),
    "inspected-nothing": Message(
        en="none of {examined} libraries holds GPU code",
        zh="{examined} 个库中都没有 GPU 代码",
    ),
    "inspected-partially": Message(
        en="...: only the first part was read; it proves what is there, not what is missing (--full reads all)",
        zh="...：只读取了前一部分；可以证明有什么，不能证明缺什么（--full 读取全部）",
    ),
    "bytes-fetched": Message(
        en="{megabytes} MB fetched",
        zh="已获取 {megabytes} MB",
    ),
}
