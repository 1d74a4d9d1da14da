"""The sentences of locks that are written into a uv project or a Dockerfile."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
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
        en="{file} cannot be read: {detail}", zh="无法读取 {file}：{detail}", hints=("ls -la {file}",)
    ),
    "uv-project-not-toml": Message(
        en="{file} is not valid TOML: {detail}",
        zh="{file} 不是有效的 TOML：{detail}",
    ),
    "uv-project-without-table": Message(
        en="{file} has no [project] table, so uv cannot install extras from it",
        zh="{file} 中没有 [project] 表，uv 无法从中安装可选依赖",
        hints=("{typed:--format requirements -o requirements-gpu.txt}",),
    ),
    "uv-project-extras-dynamic": Message(
        en="{file} leaves its extras to the build backend (`dynamic` names optional-dependencies): write them there",
        zh="{file} 将可选依赖交由构建后端动态生成（dynamic 中包含 optional-dependencies），无法写入",
        hints=("{typed:--format requirements -o requirements-gpu.txt}",),
    ),
    "uv-project-unusual": Message(
        en="{key} in {file} is written in a way that cannot be extended safely; the file was left as it is",
        zh="{file} 中 {key} 的写法无法安全修改；文件保持原样",
        hints=("{typed:--format requirements -o requirements-gpu.txt}",),
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
        hints=("{typed:--format requirements -o requirements-gpu.txt}",),
    ),
    "uv-project-excludes": Message(
        en="{file} leaves {project} out ([tool.uv] exclude-dependencies), so an extra could not install it",
        zh="{file} 的 [tool.uv] exclude-dependencies 排除了 {project}，可选依赖无法安装它",
        hints=("{typed:--format requirements -o requirements-gpu.txt}",),
    ),
    "uv-project-limits": Message(
        en="{file} limits {limit} ({key}), and the build for this target is {requirement}: uv would find no solution",
        zh="{file} 中的 {key} 限定了 {limit}，而适合该目标的构建是 {requirement}：uv 将无解",
        hints=("{typed:&{wanted}}",),
    ),
    "dockerfile-written": Message(
        en="wrote {path} and its lock of {packages} packages; build it with: {command}",
        zh="已写入 {path} 及其锁定文件，共 {packages} 个包；构建命令：{command}",
    ),
    "dockerfile-up-to-date": Message(
        en="{path} and its lock of {packages} packages are up to date; build it with: {command}",
        zh="{path} 及其锁定文件已是最新，共 {packages} 个包；构建命令：{command}",
    ),
    "docker-platform-unknown": Message(
        en="an image is Linux, and the target is {platform}",
        zh="镜像只能是 Linux，而目标平台是 {platform}",
        hints=("{typed:--platform linux-x86_64}",),
    ),
    "docker-glibc-unknown": Message(
        en="no Python image is known with glibc {glibc}, which the target has",
        zh="目标的 glibc 为 {glibc}，没有已知的 Python 镜像提供该版本",
        hints=("{typed:--platform linux-x86_64}",),
    ),
    "docker-made-by": Message(en="Made by gpuenv {version}.", zh="由 gpuenv {version} 生成。"),
    "docker-made-for": Message(en="For: {gpus}.", zh="适用于：{gpus}。"),
    "docker-made-for-any": Message(
        en="For any GPU, or none: nothing in the lock was built for one.",
        zh="适用于任何 GPU，也适用于没有 GPU 的机器：锁定文件中没有针对特定 GPU 构建的包。",
    ),
    "docker-made-for-cpu": Message(en="For machines without a GPU.", zh="适用于没有 GPU 的机器。"),
    "docker-needs-host": Message(
        en="The host needs the NVIDIA driver {driver} or newer and the NVIDIA Container Toolkit; then:",
        zh="宿主机需要 NVIDIA 驱动 {driver} 或更新版本，以及 NVIDIA Container Toolkit；然后：",
    ),
    "docker-no-cuda-image": Message(
        en="No CUDA base image: the wheels bring CUDA and cuDNN, the host brings the driver.",
        zh="无需 CUDA 基础镜像：wheel 自带 CUDA 和 cuDNN，驱动由宿主机提供。",
    ),
    "docker-compiler": Message(
        en="torch.compile needs a C compiler at run time: add `RUN apt-get update && apt-get install -y gcc` for it.",
        zh="torch.compile 运行时需要 C 编译器：请添加 RUN apt-get update && apt-get install -y gcc。",
    ),
    "docker-uv": Message(
        en="gpuenv brings uv; both stay out of the application's environment.",
        zh="gpuenv 自带 uv；两者都不进入应用环境。",
    ),
    "docker-install": Message(
        en="There is no GPU during a build: the libraries are checked against the target instead.",
        zh="构建时没有 GPU：改为按目标检查各个库。",
    ),
}
