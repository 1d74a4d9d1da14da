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
    "pylock-written": Message(
        en="wrote {path}: {packages} packages; install it with: uv pip sync {path}, or pip install -r {path}",
        zh="已写入 {path}，共 {packages} 个包；安装命令：uv pip sync {path}，或 pip install -r {path}",
    ),
    "pylock-up-to-date": Message(
        en="{path} is up to date: {packages} packages; install it with: uv pip sync {path}, or pip install -r {path}",
        zh="{path} 已是最新，共 {packages} 个包；安装命令：uv pip sync {path}，或 pip install -r {path}",
    ),
    "pylock-name-invalid": Message(
        en="installers read a pylock named pylock.toml or pylock.NAME.toml, NAME without dots; not one named {name}",
        zh="安装工具无法识别名为 {name} 的 pylock 文件：文件名必须是 pylock.toml 或 pylock.NAME.toml，且 NAME 不含点号",
        hints=("gpuenv lock --format pylock -o {better}",),
    ),
    "pylock-not-understood": Message(
        en="the pylock.toml that uv made cannot be read: {detail}",
        zh="无法读取 uv 生成的 pylock.toml：{detail}",
        hints=("gpuenv lock --format requirements -o requirements-gpu.txt",),
    ),
    "pylock-names-your-index": Message(
        en="a pylock names the address of every file, here those on your index {index}: whoever installs it must reach"
        " that index; --format requirements leaves the index to each user",
        zh="pylock 会记录每个文件的地址，此处为您的索引 {index} 上的地址：安装者必须能访问该索引；"
        "--format requirements 则由各用户自行决定索引",
    ),
    "lock-wheel-missing": Message(
        en="{project} {version} has no wheel for the target, and a pylock holds wheels only",
        zh="{project} {version} 没有适用于目标平台的 wheel，而 pylock 只收录 wheel",
        hints=("gpuenv lock --format requirements -o requirements-gpu.txt",),
    ),
    "uv-project-written": Message(
        en="wrote the extra {extra} into {path}; install it with: uv sync --extra {extra}"
        " (a bare `uv sync` installs no torch from it, and removes the one there)",
        zh="已将可选依赖 {extra} 写入 {path}；安装命令：uv sync --extra {extra}"
        "（不带 --extra 的 uv sync 不会安装其中的 torch，并会移除已装的 torch）",
    ),
    "uv-project-up-to-date": Message(
        en="the extra {extra} in {path} is up to date; install it with: uv sync --extra {extra}"
        " (a bare `uv sync` installs no torch from it, and removes the one there)",
        zh="{path} 中的可选依赖 {extra} 已是最新；安装命令：uv sync --extra {extra}"
        "（不带 --extra 的 uv sync 不会安装其中的 torch，并会移除已装的 torch）",
    ),
    "uv-project-depends-directly": Message(
        en="the project's own dependencies name {projects}: without --extra, uv sync installs these from the default"
        " index, in whatever build that has",
        zh="项目自身的 dependencies 中包含 {projects}：不带 --extra 时，uv sync 会从默认索引安装，构建版本不受控制",
        hints=("uv remove {names}",),
    ),
    "uv-project-missing": Message(
        en="there is no project file {file} to write into",
        zh="项目文件 {file} 不存在，无法写入",
        hints=("uv init --bare",),
    ),
    "uv-project-unreadable": Message(
        en="{file} cannot be read: {detail}",
        zh="无法读取 {file}：{detail}",
    ),
    "uv-project-not-toml": Message(
        en="{file} is not valid TOML: {detail}",
        zh="{file} 不是有效的 TOML：{detail}",
    ),
    "uv-project-without-table": Message(
        en="{file} has no [project] table, so uv cannot install extras from it",
        zh="{file} 中没有 [project] 表，uv 无法从中安装可选依赖",
        hints=("gpuenv lock --format requirements -o requirements-gpu.txt",),
    ),
    "uv-project-extras-dynamic": Message(
        en="{file} leaves its extras to the build backend (`dynamic` names optional-dependencies): write them there",
        zh="{file} 将可选依赖交由构建后端动态生成（dynamic 中包含 optional-dependencies），无法写入",
        hints=("gpuenv lock --format requirements -o requirements-gpu.txt",),
    ),
    "uv-project-unusual": Message(
        en="{key} in {file} is written in a way that cannot be extended safely; the file was left as it is",
        zh="{file} 中 {key} 的写法无法安全修改；文件保持原样",
        hints=("gpuenv lock --format requirements -o requirements-gpu.txt",),
    ),
    "uv-source-in-the-way": Message(
        en="{file} gives {project} one source for every case ([tool.uv.sources]); the extras need one each, so remove"
        " that line first",
        zh="{file} 的 [tool.uv.sources] 为 {project} 指定了统一来源，而各可选依赖需要各自的来源，请先删除该行",
        hints=("uv remove {project}",),
    ),
    "uv-requirement-unnamed": Message(
        en="{requirement} names no project, so it cannot stand in an extra",
        zh="{requirement} 未指明项目名称，不能写入可选依赖",
        hints=("gpuenv lock --format requirements -o requirements-gpu.txt",),
    ),
}
