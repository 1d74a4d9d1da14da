"""The sentences of the station `lock`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages import lock_set, lock_uv, locked
from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    **lock_set.MESSAGES,
    **lock_uv.MESSAGES,
    **locked.MESSAGES,
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
        hints=("{typed:--indexes pypi}", "{typed:--allow-unhashed}"),
    ),
    "lock-source-is-local": Message(
        en="{project} was found only in the folder {folder}: a lock would be of no use on other machines, unless copies"
        " of the files go with it",
        zh="{project} 仅存在于本机文件夹 {folder} 中：除非随附文件副本，否则锁定文件在其他机器上无法使用",
        hints=("{typed:--vendor wheels}",),
    ),
    "lock-wheel-two-hashes": Message(
        en="{wheel} is two different files: the one at {first} has another hash than the one at {second}; whichever is"
        " locked, installers may meet the other",
        zh="{wheel} 有两个不同的文件：{first} 与 {second} 处的哈希值不一致；无论锁定哪一个，安装时都可能遇到另一个",
        hints=("{typed:--indexes pytorch}", "python -m pip config unset global.extra-index-url"),
    ),
    "lock-not-from-index": Message(
        en="{project} is asked for by an address or a path: a lock names files of an index only",
        zh="{project} 以地址或路径方式指定：锁定文件只收录索引中的文件",
    ),
    "lock-needs-build": Message(
        en="{project} {version} has no wheel, and its source does not state what it depends on: only building it tells",
        zh="{project} {version} 没有 wheel，且其源码未声明依赖：只有构建才能得知",
        hints=("{typed:+--allow-build {project}}",),
    ),
    "lock-source-static": Message(
        en="{project} has no wheel: its source is locked, and every machine builds it",
        zh="{project} 没有 wheel：已锁定其源码，每台机器将自行构建",
    ),
    "lock-source-built": Message(
        en="{project} has no wheel and was built here to learn what it depends on ({metadata}): on another platform it"
        " may depend on something else",
        zh="{project} 没有 wheel，已在本机构建以获知其依赖（{metadata}）：在其他平台上依赖可能不同",
    ),
    "lock-unhashed": Message(
        en="no index publishes a hash for {packages}: the lock has none either, `pip` refuses such a file, and"
        " `uv pip sync` installs it unchecked",
        zh="没有索引提供 {packages} 的哈希值：锁定文件中也没有，pip 会拒绝该文件，uv pip sync 则不加校验地安装",
    ),
    "lock-needs-hashes": Message(
        en="{what} cannot do without hashes: leave --allow-unhashed out, and each file is downloaded for its hash",
        zh="{what} 必须有哈希值：请去掉 --allow-unhashed，gpuenv 会下载文件以计算哈希值",
        hints=("{typed:~--allow-unhashed}",),
    ),
    "lock-hashing": Message(
        en="no index publishes the hash of {project}: downloading {megabytes} MB for it",
        zh="没有索引提供 {project} 的哈希值：正在下载 {megabytes} MB 以计算",
    ),
    "lock-no-space": Message(
        en="{project} has {needs} MB, and the disk of {folder} has {free} MB free",
        zh="{project} 需要 {needs} MB，而 {folder} 所在磁盘仅剩 {free} MB",
        hints=("df -h {folder}",),
    ),
    "lock-nightly-vanishes": Message(
        en="this lock lasts as long as {requirement} does: `--vendor DIR` keeps copies of all its files",
        zh="该锁定文件的有效期取决于 {requirement}：可用 --vendor DIR 保留全部文件的副本",
    ),
    "lock-leaves-out": Message(
        en="{packages} is kept out of the lock on purpose: where something depends on it, install with `--no-deps`",
        zh="{packages} 已有意排除在锁定文件之外：若有包依赖它，请使用 --no-deps 安装",
    ),
    "lock-needs-vendor": Message(
        en="no index has {packages}: the lock installs only beside the folder {folder}",
        zh="没有索引提供 {packages}：该锁定文件只能与文件夹 {folder} 一起使用",
    ),
    "upgrade-package-not-locked": Message(
        en="--upgrade-package {package}: no lock has such a package",
        zh="--upgrade-package {package}：锁定文件中没有该包",
    ),
    "upgrade-package-misspelt": Message(
        en="--upgrade-package {package}: no lock has such a package; they have {near}",
        zh="--upgrade-package {package}：锁定文件中没有该包，但有 {near}",
    ),
    "lock-vendored": Message(
        en="{folder} holds the {files} locked files ({megabytes} MB, {downloaded} new); without a network:",
        zh="{folder} 中有全部 {files} 个锁定文件（{megabytes} MB，新增 {downloaded} 个）；离线安装：",
        hints=("{command}",),
    ),
    "lock-copied": Message(
        en="{folder} holds the {files} locked files ({megabytes} MB, {downloaded} new)",
        zh="{folder} 中有全部 {files} 个锁定文件（{megabytes} MB，新增 {downloaded} 个）",
    ),
    "lock-vendoring": Message(en="copying {file}", zh="正在复制 {file}"),
    "lock-vendor-offline": Message(
        en="{file} is not in the folder yet, and --offline forbids to fetch it",
        zh="文件夹中还没有 {file}，而 --offline 禁止下载",
        hints=("{typed:~--offline}",),
    ),
    "lock-vendor-elsewhere": Message(
        en="the folder {folder} is on another drive than the lock, which could not name it for other machines",
        zh="文件夹 {folder} 与锁定文件不在同一驱动器上，无法在其他机器上引用",
        hints=("{typed:--vendor wheels}",),
    ),
    "lock-not-readable": Message(
        en="the lock {path} cannot be read: {detail}", zh="无法读取锁定文件 {path}：{detail}", hints=("ls -la {path}",)
    ),
    "lock-line-broken": Message(
        en="the lock was changed; this cannot be read: {line}",
        zh="锁定文件已被改动，以下内容无法识别：{line}",
        hints=("{typed:@lock -o {path}}",),
    ),
    "lock-not-ours": Message(
        en="{path} is not a lock of gpuenv, and is not written over",
        zh="{path} 不是 gpuenv 生成的锁定文件，不会被覆盖",
        hints=("{typed:-o {better}}",),
    ),
    "lock-name-is-toml": Message(
        en="{name} ends like a pylock, and the format is requirements",
        zh="{name} 的扩展名属于 pylock，而格式为 requirements",
        hints=("{typed:-o {better}}", "{typed:--format pylock -o pylock.gpu.toml}"),
    ),
    "lock-pin-not-resolved": Message(
        en="uv did not keep to the chosen {requirement}; it resolved {found}",
        zh="uv 未采用所选的 {requirement}，而是解析为 {found}",
        hints=("{typed:~-q -v}",),
    ),
    "lock-gpu-not-covered": Message(
        en="nothing in this choice runs on {gpu}", zh="所选构建无法在 {gpu} 上运行", hints=("{typed:~-q -v}",)
    ),
    "lock-not-writable": Message(
        en="{path} cannot be written: {detail}",
        zh="无法写入 {path}：{detail}",
        hints=("{typed:-o requirements-gpu.txt}",),
    ),
    "lock-header-missing": Message(
        en="this is no lock of gpuenv: its first line does not say so",
        zh="这不是 gpuenv 生成的锁定文件：首行没有相应标记",
        hints=("{typed:@lock -o {path}}",),
    ),
    "lock-format-unknown": Message(
        en="the lock has format {format}; this gpuenv reads format {known}",
        zh="锁定文件的格式版本为 {format}；当前 gpuenv 只支持格式 {known}",
        hints=("python -m pip install --upgrade gpuenv",),
    ),
    "lock-header-broken": Message(
        en="the header of the lock was changed; this line is missing or cannot be read: {line}",
        zh="锁定文件的头部已被改动，以下行缺失或无法识别：{line}",
        hints=("{typed:@lock -o {path}}",),
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
        hints=("{typed:-o {better}}",),
    ),
    "pylock-not-understood": Message(
        en="the pylock.toml that uv made cannot be read: {detail}",
        zh="无法读取 uv 生成的 pylock.toml：{detail}",
        hints=("{typed:--format requirements -o requirements-gpu.txt}",),
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
        hints=("{typed:--format requirements -o requirements-gpu.txt}",),
    ),
}
