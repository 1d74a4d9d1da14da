"""The sentences of the engines: why a command of uv or pip failed."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_NETWORK: Final[Mapping[str, Message]] = {
    "network-unreachable": Message(
        en="{url} cannot be reached",
        zh="无法连接 {url}",
        hints=("curl -I {url}", "{typed:~-q -v}"),
    ),
    "network-timed-out": Message(
        en="{url} did not answer in time",
        zh="{url} 响应超时",
        hints=("UV_HTTP_TIMEOUT=300 {typed}",),
    ),
    "proxy-failed": Message(
        en="the proxy on the way to {url} does not answer or refuses",
        zh="访问 {url} 所经的代理无响应或拒绝连接",
        hints=("env | grep -i proxy",),
    ),
    "tls-failed": Message(
        en="no trusted connection to {url}: its certificate is not known here, or it does not speak TLS",
        zh="无法与 {url} 建立可信连接：本机不信任其证书，或对方不支持 TLS",
        hints=("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt {typed}",),
    ),
    "index-refused": Message(
        en="the index {url} refuses access ({status}): credentials are missing or wrong, or the file is not there",
        zh="软件源 {url} 拒绝访问（{status}）：凭据缺失或错误，或文件不存在",
        hints=("{typed:~-q -v}", "curl -I {url}"),
    ),
    "index-failed": Message(
        en="the index answered {status} for {url}",
        zh="软件源对 {url} 返回 {status}",
        hints=("curl -I {url}",),
    ),
    "index-garbled": Message(
        en="what {url} answers is not a package index",
        zh="{url} 返回的内容不是软件源格式",
        hints=("{typed:~-q -v}", "curl -I {url}"),
    ),
    "wheel-not-on-server": Message(
        en="the index lists {url}, but there is no such file ({status})",
        zh="软件源列出了 {url}，但该文件不存在（{status}）",
        hints=("curl -I {url}",),
    ),
    "download-cut-off": Message(
        en="the download of {package} broke off",
        zh="{package} 的下载中断",
        hints=("{typed}",),
    ),
    "download-damaged": Message(
        en="the downloaded file of {package} is not a sound wheel",
        zh="下载的 {package} 文件已损坏，不是有效的 wheel",
        hints=("uv cache clean {package}",),
    ),
    "hash-mismatch": Message(
        en="the file that the index gives for {package} is not the one that was expected: its hash differs",
        zh="软件源提供的 {package} 与预期文件不符：哈希值不同",
        hints=("uv cache clean {package}",),
    ),
    "not-in-cache": Message(
        en="offline, and not everything that is needed is in uv's cache",
        zh="处于离线状态，且 uv 缓存中缺少所需的文件",
        hints=("{typed:~--offline}",),
    ),
}

_ENGINE: Final[Mapping[str, Message]] = {
    "dependencies-conflict": Message(
        en="the requirements do not fit together. {detail}", zh="依赖要求相互冲突。{detail}", hints=("{typed:~-q -v}",)
    ),
    "package-not-found": Message(
        en="no index that is configured here has {package}. {detail}",
        zh="已配置的软件源中都没有 {package}。{detail}",
        hints=("{typed:~-q -v}",),
    ),
    "wheel-not-for-platform": Message(
        en="{package} has no wheel for this platform. {detail}",
        zh="{package} 没有适用于此平台的 wheel。{detail}",
        hints=("{typed:~-q -v}",),
    ),
    "sdist-build-failed": Message(
        en="{package} has no wheel, and building it from source failed. {detail}",
        zh="{package} 没有 wheel，从源码构建失败。{detail}",
        hints=("gpuenv build {package}",),
    ),
    "requirement-not-understood": Message(
        en="a requirement cannot be read: {detail}", zh="无法解析依赖要求：{detail}", hints=("{typed:~-q -v}",)
    ),
    "compiled-not-understood": Message(
        en="uv resolved to something that is no exact version: {line}",
        zh="uv 的解析结果不是确定的版本：{line}",
        hints=("python -m pip install --upgrade gpuenv",),
    ),
    "source-without-location": Message(
        en="the source of {package} has no address", zh="{package} 的来源没有地址", hints=("{typed:--indexes auto}",)
    ),
    "no-space": Message(
        en="the disk is full (the download cache, the temporary folder and the environment may lie on different ones)",
        zh="磁盘空间不足（下载缓存、临时目录和环境可能位于不同的磁盘）",
        hints=("df -h", "uv cache prune"),
    ),
    "pip-not-found": Message(
        en="neither {environment} nor gpuenv's own installation has pip",
        zh="{environment} 和 gpuenv 的安装目录中都没有 pip",
        hints=("uv pip install --python {environment} pip",),
    ),
    "engine-failed": Message(
        en="{engine} ended with {exit_code}; its last lines:\n{detail}",
        zh="{engine} 以 {exit_code} 退出，最后几行输出：\n{detail}",
        hints=("{typed:~-q -v}", "{typed:--engine pip}"),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_NETWORK, **_ENGINE}
