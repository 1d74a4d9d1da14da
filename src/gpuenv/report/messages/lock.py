"""The sentences of the station `lock`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "lock-written": Message(
        en="wrote {path}: {packages} packages; install it with: pip install --require-hashes -r {path}",
        zh="已写入 {path}，共 {packages} 个包；安装命令：pip install --require-hashes -r {path}",
    ),
    "lock-up-to-date": Message(
        en="{path} is up to date: {packages} packages; install it with: pip install --require-hashes -r {path}",
        zh="{path} 已是最新，共 {packages} 个包；安装命令：pip install --require-hashes -r {path}",
    ),
    "lock-hash-missing": Message(
        en="no index publishes a hash for {packages}, so the lock could not protect its users",
        zh="没有任何索引提供 {packages} 的哈希值，锁定文件无法保证安全",
        hints=("gpuenv lock --indexes pypi",),
    ),
    "lock-source-is-local": Message(
        en="{project} was found only in the folder {folder}: a lock would be of no use on other machines",
        zh="{project} 仅存在于本机文件夹 {folder} 中：锁定文件在其他机器上无法使用",
        hints=("gpuenv lock {project} --indexes auto",),
    ),
    "lock-pin-not-resolved": Message(
        en="uv did not keep to the chosen {requirement}; it resolved {found}",
        zh="uv 未采用所选的 {requirement}，而是解析为 {found}",
    ),
    "lock-gpu-not-covered": Message(
        en="nothing in this choice runs on {gpu}",
        zh="所选构建无法在 {gpu} 上运行",
    ),
    "lock-not-writable": Message(
        en="{path} cannot be written: {detail}",
        zh="无法写入 {path}：{detail}",
        hints=("gpuenv lock -o requirements-gpu.txt",),
    ),
    "lock-header-missing": Message(
        en="this is no lock of gpuenv: its first line does not say so",
        zh="这不是 gpuenv 生成的锁定文件：首行没有相应标记",
        hints=("gpuenv lock -o requirements-gpu.txt",),
    ),
    "lock-format-unknown": Message(
        en="the lock has format {format}; this gpuenv reads format {known}",
        zh="锁定文件的格式版本为 {format}；当前 gpuenv 只支持格式 {known}",
        hints=("python -m pip install --upgrade gpuenv",),
    ),
    "lock-header-broken": Message(
        en="the header of the lock was changed; this line is missing or cannot be read: {line}",
        zh="锁定文件的头部已被改动，以下行缺失或无法识别：{line}",
        hints=("gpuenv lock -o requirements-gpu.txt",),
    ),
}
