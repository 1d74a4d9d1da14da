"""The sentences of `gpuenv install --locked`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_MISFITS: Final[Mapping[str, Message]] = {
    "locked-other-platform": Message(
        en="the lock is for {platform}, and this target is {here}",
        zh="该锁定文件用于 {platform}，而目标平台是 {here}",
    ),
    "locked-newer-system": Message(
        en="the lock is for {system} {needs} or newer, and this target has {has}",
        zh="该锁定文件需要 {system} {needs} 或更新，而目标为 {has}",
    ),
    "locked-other-python": Message(
        en="the lock is for Python {python}, and this target has {here}",
        zh="该锁定文件用于 Python {python}，而目标为 {here}",
    ),
    "locked-for-cpu": Message(
        en="the lock is for machines without a GPU, and this target has {here}: nothing would run on it",
        zh="该锁定文件用于没有 GPU 的机器，而目标有 {here}：所有计算都不会使用它",
    ),
    "locked-for-gpu": Message(
        en="the lock is for {gpus}, and this target is the CPU", zh="该锁定文件用于 {gpus}，而目标是 CPU"
    ),
    "locked-other-gpu": Message(
        en="the lock is for {gpus}; it does not say that it serves {gpu}",
        zh="该锁定文件用于 {gpus}，未说明支持 {gpu}",
    ),
    "locked-newer-driver": Message(
        en="the lock needs the NVIDIA driver {needs} or newer, and this target has {has}",
        zh="该锁定文件需要 NVIDIA 驱动 {needs} 或更新，而目标为 {has}",
    ),
    "no-lock-covers": Message(
        en="no lock in {folder} is for this target ({here}, {platform}, Python {python}): there are {files}",
        zh="{folder} 中没有适用于该目标（{here}，{platform}，Python {python}）的锁定文件：现有 {files}",
    ),
}

_WAYS_OUT: Final[Mapping[str, Message]] = {
    "locked-use-other": Message(
        en="{file} beside it is for this target", zh="同目录下的 {file} 适用于该目标", hints=("{command}",)
    ),
    "locked-use-python": Message(
        en="install it into an environment of Python {python}",
        zh="安装到 Python {python} 的环境中",
        hints=("{command}",),
    ),
    "locked-use-gpu": Message(
        en="install it on a machine that has {gpus}", zh="在装有 {gpus} 的机器上安装", hints=("{command}",)
    ),
    "locked-name-target": Message(
        en="name the GPU that it is installed for ({gpus}), as for a container: nothing is run then",
        zh="指明安装所针对的 GPU（{gpus}），例如构建容器时：此时不会运行任何检查",
        hints=("{command}",),
    ),
    "locked-update-driver": Message(
        en="update the driver to {needs} or newer",
        zh="将驱动更新到 {needs} 或更新",
        hints=("sudo apt-get install {apt}", "{opener} https://www.nvidia.com/drivers"),
    ),
    "locked-make-anew": Message(en="make a lock for this target", zh="为该目标生成锁定文件", hints=("{command}",)),
}

_REST: Final[Mapping[str, Message]] = {
    "not-in-lock": Message(en="the lock does not name it (--exact)", zh="锁定文件未收录（--exact）"),
    "locked-chosen": Message(
        en="lock     {file}: for {gpus}, driver {driver} or newer",
        zh="锁定文件 {file}：用于 {gpus}，驱动 {driver} 或更新",
    ),
    "locked-chosen-cpu": Message(
        en="lock     {file}: for machines without a GPU",
        zh="锁定文件 {file}：用于没有 GPU 的机器",
    ),
    "locked-chosen-any": Message(
        en="lock     {file}: for any GPU, since nothing in it was built for one",
        zh="锁定文件 {file}：适用于任何显卡，其中没有针对特定 GPU 构建的包",
    ),
    "locked-serves-too": Message(
        en="         {file} is for this target too: torch {torch}",
        zh="         {file} 也适用于该目标：torch {torch}",
    ),
    "locked-not-this": Message(en="not      {file}: {why}", zh="排除     {file}：{why}"),
    "locked-not-a-lock": Message(
        en="{path} is no lock of gpuenv: it does not say for which GPU, driver and Python it is",
        zh="{path} 不是 gpuenv 生成的锁定文件：未说明适用的显卡、驱动和 Python",
        hints=("gpuenv install -r {requirements}", "uv pip sync {pylock}"),
    ),
    "locked-folder-empty": Message(
        en="there is no lock of gpuenv in {folder}",
        zh="{folder} 中没有 gpuenv 生成的锁定文件",
        hints=("gpuenv lock -o {folder}/requirements-gpu.txt",),
    ),
    "locked-folder-missing": Message(
        en="the lock installs only beside the copies in {folder}, and there is no such folder",
        zh="该锁定文件需要 {folder} 中的文件副本，但该文件夹不存在",
        hints=("{typed:--indexes wheels}",),
    ),
    "locked-hash-missing": Message(
        en="{path} has no hash for {packages}: what an index gives for that cannot be checked",
        zh="{path} 中没有 {packages} 的哈希值：无法校验索引提供的文件",
        hints=("{typed:--allow-unhashed}",),
    ),
    "locked-build-gone": Message(
        en="{index} has no {requirement} any more, or never had it",
        zh="{index} 中没有（或已不再提供）{requirement}",
        hints=("{typed:--indexes pytorch}",),
    ),
    "locked-nightly-gone": Message(
        en="the nightly build {requirement} is gone from {index}: nightly builds are deleted after some weeks. Only"
        " copies made with `gpuenv lock --vendor` outlast that, named by --indexes",
        zh="每夜构建 {requirement} 已从 {index} 中删除：每夜构建几周后会被删除。只有用 gpuenv lock --vendor 保存的"
        "副本才能继续使用（用 --indexes 指定）",
        hints=("gpuenv lock --channel nightly -U -o {path}",),
    ),
    "locked-option-alone": Message(
        en="{option} belongs to --locked",
        zh="{option} 只能与 --locked 一起使用",
        hints=("{typed:--locked locks}", "{typed:~{option}}"),
    ),
    "locked-stands-alone": Message(
        en="--locked installs exactly what the lock says: {options} has no meaning beside it",
        zh="--locked 只安装锁定文件的内容：不能与 {options} 同时使用",
        hints=("{typed:~REQ ~-r ~-U ~--why}",),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_MISFITS, **_WAYS_OUT, **_REST}
