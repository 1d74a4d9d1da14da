"""The sentences of locks for several machines, of the page about them, and of `--check`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "lock-set-written": Message(
        en="wrote {locks} locks and INSTALL-GPU.md into {folder}",
        zh="已将 {locks} 个锁定文件和 INSTALL-GPU.md 写入 {folder}",
    ),
    "lock-set-up-to-date": Message(
        en="the {locks} locks and INSTALL-GPU.md in {folder} are up to date",
        zh="{folder} 中的 {locks} 个锁定文件和 INSTALL-GPU.md 均已是最新",
    ),
    "lock-set-not-written": Message(
        en="nothing was written, since there is no lock for every machine",
        zh="并非每台机器都有可用的锁定文件，因此未写入任何文件",
    ),
    "lock-set-format": Message(
        en="--format {format} is for one machine: a range, several platforms or Pythons take requirements or pylock",
        zh="--format {format} 只适用于单台机器：范围、多个平台或多个 Python 版本只支持 requirements 或 pylock",
        hints=("{typed:--format requirements}",),
    ),
    "lock-set-needs-folder": Message(
        en="several locks need a folder, and {output} is a file",
        zh="多个锁定文件需要一个文件夹，而 {output} 是文件",
        hints=("{typed:-o locks}",),
    ),
    "lock-range-invalid": Message(
        en="{range} holds no compute capability that the matrix knows",
        zh="{range} 范围内没有兼容性矩阵已知的计算能力",
        hints=("{typed:--target sm_75..sm_121}",),
    ),
    "lock-platform-invalid": Message(
        en="{platform} is none of: {known}",
        zh="{platform} 不在可选平台之列：{known}",
        hints=("{typed:--platform linux-x86_64}",),
    ),
    "lock-target-failed": Message(en="locking for {target} on {platform}", zh="正在为 {platform} 上的 {target} 锁定"),
    "lock-cards-without-build": Message(
        en="no build serves {gpus} on {platform} with Python {python}: they are in no lock",
        zh="在 {platform} 与 Python {python} 上没有构建支持 {gpus}：它们不在任何锁定文件中",
    ),
    "lock-cover-holds-back": Message(
        en="the fewest locks for {platform} with Python {python} give {gpus} torch {older}; {newer} serves these too:"
        " asking for `torch>={newer}` gives them that, and leaves out what it does not serve",
        zh="在 {platform} 与 Python {python} 上，最少的锁定方案为 {gpus} 选择 torch {older}，而 {newer} 也支持它们；"
        "指定 torch>={newer} 可得到新版本，但会排除其不支持的显卡",
    ),
    "lock-stale": Message(
        en="nothing asks for these locks any more: {files}",
        zh="以下锁定文件已不再需要：{files}",
    ),
    "lock-leaves-extension-out": Message(
        en="no index has wheels of {extension}: it is not locked, every machine builds it",
        zh="没有索引提供 {extension} 的 wheel：不纳入锁定，需在每台机器上构建",
        hints=("gpuenv build {extension}",),
    ),
    "lock-init-written": Message(
        en="wrote the table into {path}; `gpuenv lock` writes the locks",
        zh="已将配置写入 {path}；运行 gpuenv lock 即可生成锁定文件",
    ),
    "lock-init-up-to-date": Message(
        en="{path} says all of this already; `gpuenv lock` writes the locks",
        zh="{path} 已包含以上配置；运行 gpuenv lock 即可生成锁定文件",
    ),
    "lock-check-needs-file": Message(
        en="--check compares with a file: name it with -o, or name the targets in [tool.gpuenv]",
        zh="--check 需要与文件比较：请用 -o 指定文件，或在 [tool.gpuenv] 中列出 targets",
        hints=("{typed:-o requirements-gpu.txt}", "gpuenv lock --init"),
    ),
    "lock-check-same": Message(en="up to date", zh="均已是最新"),
    "lock-check-differs": Message(
        en="out of date: {files}; the same command without --check writes them anew",
        zh="已过期：{files}；去掉 --check 重新运行即可更新",
    ),
    "lock-differs-missing": Message(en="{file}: there is no such file", zh="{file}：文件不存在"),
    "lock-differs-unreadable": Message(
        en="{file}: this is no lock, or a damaged one ({name})", zh="{file}：不是锁定文件或已损坏（{name}）"
    ),
    "lock-differs-foreign": Message(
        en="{file}: this is no lock of gpuenv, and is not written over: name another file",
        zh="{file}：不是 gpuenv 的锁定文件，不会被覆盖：请指定其他文件名",
    ),
    "lock-differs-stale": Message(
        en="{file}: nothing asks for it any more: remove it", zh="{file}：已不再需要，请删除"
    ),
    "lock-differs-text": Message(en="{file}: says the same in other words", zh="{file}：内容一致，但文本不同"),
    "lock-differs-machine": Message(en="{file}: {name}: {before} -> {after}", zh="{file}：{name}：{before} -> {after}"),
    "lock-differs-machine-added": Message(en="{file}: {name}: {after} (new)", zh="{file}：{name}：{after}（新增）"),
    "lock-differs-machine-removed": Message(
        en="{file}: {name}: {before} (gone)", zh="{file}：{name}：{before}（已移除）"
    ),
    "lock-differs-package": Message(en="{file}: {name} {before} -> {after}", zh="{file}：{name} {before} -> {after}"),
    "lock-differs-package-added": Message(en="{file}: {name} {after} (new)", zh="{file}：{name} {after}（新增）"),
    "lock-differs-package-removed": Message(
        en="{file}: {name} {before} (gone)", zh="{file}：{name} {before}（已移除）"
    ),
    "lock-differs-files": Message(
        en="{file}: {name} has other files than before", zh="{file}：{name} 的文件与之前不同"
    ),
    "lock-differs-source": Message(en="{file}: {before} -> {after}", zh="{file}：{before} -> {after}"),
    "lock-differs-source-added": Message(en="{file}: builds come from {after} (new)", zh="{file}：新增来源 {after}"),
    "lock-differs-source-removed": Message(
        en="{file}: no builds come from {before} any more", zh="{file}：不再使用来源 {before}"
    ),
    "guide-title": Message(en="Which file for which graphics card", zh="哪块显卡用哪个文件"),
    "guide-how": Message(
        en="Find your card, and run its line in a virtual environment, in the folder of this file.",
        zh="找到您的显卡，在虚拟环境中、于本文件所在文件夹运行对应命令。",
    ),
    "guide-column-card": Message(en="card", zh="显卡"),
    "guide-column-capability": Message(en="compute capability", zh="计算能力"),
    "guide-column-file": Message(en="file", zh="文件"),
    "guide-column-command": Message(en="command", zh="命令"),
    "guide-none": Message(en="no build serves it", zh="没有可用的构建"),
    "guide-older-driver": Message(
        en=" (driver {driver} or newer; below: `{file}`)", zh="（驱动 {driver} 或更新；更旧的驱动：`{file}`）"
    ),
    "guide-lock": Message(
        en="torch {torch}, NVIDIA driver {driver} or newer", zh="torch {torch}，NVIDIA 驱动 {driver} 或更新"
    ),
    "guide-lock-cpu": Message(en="torch {torch}, without a GPU", zh="torch {torch}，不使用 GPU"),
    "guide-lock-any": Message(
        en="nothing in it was built for a GPU, so it is for any", zh="其中没有针对特定 GPU 构建的包，适用于任何显卡"
    ),
}
