"""The sentences of the station `matrix`."""
# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_ERRORS: Final[Mapping[str, Message]] = {
    "unknown-matrix": Message(
        en="there is no compatibility matrix {matrix}, neither as a version nor as a folder; available: {near}",
        zh="没有名为 {matrix} 的兼容性矩阵（既不是版本，也不是文件夹）；可用的有：{near}",
        hints=("gpuenv matrix list",),
    ),
    "matrices-missing": Message(
        en="this installation of gpuenv has no compatibility matrix: {folder} is missing or empty",
        zh="此 gpuenv 安装中没有兼容性矩阵：{folder} 不存在或为空",
        hints=("pip install --force-reinstall gpuenv",),
    ),
    "matrix-invalid": Message(
        en="the compatibility matrix is broken: {file}, {place}: {problem}, value: {value}",
        zh="兼容性矩阵有误：{file}，{place}：{problem}，值：{value}",
        hints=("{typed:~--matrix}", "gpuenv matrix list"),
    ),
    "matrix-not-toml": Message(
        en="the compatibility matrix is no TOML: {file}, line {line}: {detail}",
        zh="兼容性矩阵不是有效的 TOML：{file} 第 {line} 行：{detail}",
        hints=("{typed:~--matrix}", "gpuenv matrix list"),
    ),
    "matrix-file-missing": Message(
        en="the compatibility matrix lacks a file: {file}",
        zh="兼容性矩阵缺少文件：{file}",
        hints=("gpuenv matrix list",),
    ),
    "matrix-file-unreadable": Message(
        en="the compatibility matrix cannot be read: {file}: {detail}",
        zh="无法读取兼容性矩阵：{file}：{detail}",
        hints=("ls -la {file}", "{typed:~--matrix}"),
    ),
    "matrix-schema-unsupported": Message(
        en="{file} is of schema {schema}, this gpuenv reads schema {supported}",
        zh="{file} 的格式版本为 {schema}，此 gpuenv 只支持 {supported}",
        hints=("pip install --upgrade gpuenv",),
    ),
    "unknown-gpu": Message(
        en='the matrix knows no GPU by the name "{name}"',
        zh="矩阵中没有名为“{name}”的 GPU",
        hints=(
            '{typed:"{name}=>{near_1}"}',
            '{typed:"{name}=>{near_2}"}',
            '{typed:"{name}=>{near_3}"}',
            "gpuenv detect",
        ),
    ),
    "unknown-architecture": Message(
        en="{architecture} is no compute capability that matrix {matrix} knows: {known}",
        zh="矩阵 {matrix} 不认识计算能力 {architecture}，已知的有：{known}",
        hints=("{typed:~--arch}",),
    ),
    "unknown-torch-release": Message(
        en="matrix {matrix} knows no torch {release}: it holds {oldest} to {newest}",
        zh="矩阵 {matrix} 中没有 torch {release}：其范围为 {oldest} 至 {newest}",
        hints=("{typed:--torch {newest}}",),
    ),
}

_VALIDATION: Final[Mapping[str, Message]] = {
    "matrix-checksum-differs": Message(
        en="{file} is not the file that was released: its sha256 is {found}, the manifest says {expected}",
        zh="{file} 与发布时不同：其 sha256 为 {found}，清单中为 {expected}",
    ),
    "matrix-file-unlisted": Message(
        en="the manifest does not list {file}",
        zh="清单中没有列出 {file}",
    ),
    "matrix-row-inconsistent": Message(
        en="{file}, {row}: {problem}",
        zh="{file}，{row}：{problem}",
    ),
    "matrix-is-valid": Message(
        en="{folder}: matrix {matrix} is sound, {rows} rows ({evidence})",
        zh="{folder}：矩阵 {matrix} 无误，共 {rows} 行（{evidence}）",
    ),
}

_SHOWN: Final[Mapping[str, Message]] = {
    "matrix-columns-list": Message(en="matrix|released|folder", zh="矩阵|发布日期|文件夹"),
    "matrix-columns-architectures": Message(
        en="GPU code|generation|CUDA|first torch|last torch|driver|onnxruntime-gpu|cuDNN|tags of the last torch",
        zh="GPU 代码|架构|CUDA|最早的 torch|最新的 torch|驱动|onnxruntime-gpu|cuDNN|最新 torch 的标签",
    ),
    "matrix-columns-builds": Message(
        en="build|platform|Python|free-threaded|SASS|PTX|cuDNN|on|evidence",
        zh="构建|平台|Python|自由线程|SASS|PTX|cuDNN|来源|依据",
    ),
    "matrix-columns-grid": Message(en="torch", zh="torch"),
    "matrix-title-architectures": Message(
        en="matrix {matrix} of {released}: compute capabilities and the torch builds for {platform}",
        zh="矩阵 {matrix}（{released}）：各计算能力在 {platform} 上可用的 torch 构建",
    ),
    "matrix-title-architecture": Message(
        en="matrix {matrix} of {released}: {generation}, compute capability {capability} ({sm}), {platform}",
        zh="矩阵 {matrix}（{released}）：{generation}，计算能力 {capability}（{sm}），{platform}",
    ),
    "matrix-title-builds": Message(
        en="matrix {matrix} of {released}: builds of torch {release}",
        zh="矩阵 {matrix}（{released}）：torch {release} 的构建",
    ),
    "matrix-grid-legend": Message(
        en="sm_90: machine code that runs there; compute_90: PTX; *: the build on PyPI; ~: outside the support matrix"
        " of its release; -: no code for it; empty: no build",
        zh="sm_90：可运行的机器码；compute_90：PTX；*：PyPI 上的构建；~：不在该版本官方支持矩阵内；-：没有适用代码；"
        "空白：没有构建",
    ),
    "matrix-release-line": Message(
        en="torch {release}: torchvision {torchvision}; torchaudio {torchaudio}; Triton {triton}; NCCL {nccl};"
        " headers ask for C++ {cxx}",
        zh="torch {release}：torchvision {torchvision}；torchaudio {torchaudio}；Triton {triton}；NCCL {nccl}；"
        "头文件要求 C++ {cxx}",
    ),
    "matrix-index-line": Message(
        en="{tag}: torch {first} to {last}, {url}", zh="{tag}：torch {first} 至 {last}，{url}"
    ),
    "matrix-nightly-line": Message(en="nightly: {tags}", zh="每夜版：{tags}"),
}

_MEASURED: Final[Mapping[str, Message]] = {
    "measuring-build": Message(
        en="reading the GPU code of {wheel}, which the matrix does not know",
        zh="正在读取 {wheel} 中的 GPU 代码（矩阵中没有该构建）",
    ),
    "build-not-measured": Message(
        en="{wheel} is not in the matrix and could not be read, so it was left out: {reason}",
        zh="矩阵中没有 {wheel}，且无法读取其内容，已忽略：{reason}",
    ),
    "newer-than-matrix": Message(
        en="left out, since matrix {matrix} does not know them and nothing is read offline: {builds}",
        zh="矩阵 {matrix} 中没有以下构建，离线时无法读取，已忽略：{builds}",
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_ERRORS, **_VALIDATION, **_SHOWN, **_MEASURED}
