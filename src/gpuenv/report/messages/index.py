"""The sentences of the station `index`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_ELSEWHERE: Final = ("{typed:--indexes pypi}",)
"""The builds that PyPI, or the user's mirror of it, carries need no PyTorch index."""

MESSAGES: Final[Mapping[str, Message]] = {
    "index-unreachable": Message(
        en="the package index {url} cannot be reached: {detail}",
        zh="无法连接软件包索引 {url}：{detail}",
        hints=_ELSEWHERE,
    ),
    "index-timed-out": Message(
        en="the package index {url} did not answer within {timeout_s} s",
        zh="软件包索引 {url} 在 {timeout_s} 秒内没有响应",
        hints=("python -m pip config set global.timeout 60", *_ELSEWHERE),
    ),
    "index-tls-failed": Message(
        en="the certificate of the package index {url} is not trusted: {detail}",
        zh="软件包索引 {url} 的证书不受信任：{detail}",
        hints=_ELSEWHERE,
    ),
    "index-proxy-failed": Message(
        en="the proxy on the way to the package index {url} failed: {detail}",
        zh="访问软件包索引 {url} 时代理出错：{detail}",
        hints=("python -m pip config unset global.proxy",),
    ),
    "index-url-invalid": Message(
        en="{url} is no address of a package index: {detail}",
        zh="{url} 不是有效的软件包索引地址：{detail}",
        hints=_ELSEWHERE,
    ),
    "index-forbidden": Message(
        en="the package index refuses access to {url} (403)",
        zh="软件包索引拒绝访问 {url}（403）",
        hints=_ELSEWHERE,
    ),
    "index-not-found": Message(
        en="there is no package index at {url} (404)",
        zh="{url} 处没有软件包索引（404）",
        hints=_ELSEWHERE,
    ),
    "index-needs-credentials": Message(
        en="the package index {url} asks for a user name and a password: put them into the address or into .netrc",
        zh="软件包索引 {url} 需要用户名和密码：请写入地址或 .netrc 文件",
        hints=_ELSEWHERE,
    ),
    "index-answered-error": Message(
        en="the package index answered {url} with the error {status}",
        zh="软件包索引对 {url} 返回错误 {status}",
        hints=_ELSEWHERE,
    ),
    "index-not-an-index": Message(
        en="what {url} answers is not a package index ({detail})",
        zh="{url} 返回的内容不是软件包索引（{detail}）",
        hints=_ELSEWHERE,
    ),
    "index-folder-missing": Message(
        en="the folder of wheels {folder} does not exist",
        zh="wheel 目录 {folder} 不存在",
        hints=_ELSEWHERE,
    ),
    "index-folder-unreadable": Message(
        en="the folder of wheels {folder} cannot be read: {detail}",
        zh="无法读取 wheel 目录 {folder}：{detail}",
        hints=_ELSEWHERE,
    ),
    "certificate-missing": Message(
        en="the certificate file {path} of the pip configuration does not exist",
        zh="pip 配置中的证书文件 {path} 不存在",
        hints=("python -m pip config unset global.cert",),
    ),
    "vendored-file-damaged": Message(
        en="{file} from {place} is not the file that was locked: its SHA-256 is {came}, not {wanted}",
        zh="来自 {place} 的 {file} 与锁定的文件不符：SHA-256 为 {came}，应为 {wanted}",
        hints=("{typed:--indexes auto}",),
    ),
    "vendored-file-not-stored": Message(
        en="{path} cannot be written: {detail}", zh="无法写入 {path}：{detail}", hints=("ls -ld {path}", "df -h")
    ),
}
