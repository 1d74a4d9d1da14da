"""The sentences of the station `install`: engines, environments, snapshots, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_STAGES: Final[Mapping[str, Message]] = {
    "removing-packages": Message(en="removing {packages}", zh="正在移除 {packages}"),
    "installing-packages": Message(en="installing {packages}", zh="正在安装 {packages}"),
    "checking-outcome": Message(en="comparing the environment with the plan", zh="正在核对环境与计划是否一致"),
}

_ENVIRONMENTS: Final[Mapping[str, Message]] = {
    "uv-not-found": Message(
        en="the program uv is neither in gpuenv's own installation nor on PATH",
        zh="gpuenv 的安装目录和 PATH 中都没有 uv 程序",
        hints=("python -m pip install uv",),
    ),
    "python-not-found": Message(
        en="there is no {python} on this machine (gpuenv downloads no Python by itself)",
        zh="本机没有 {python}(gpuenv 不会自行下载 Python)",
        hints=("uv python install", "uv python list"),
    ),
    "folder-not-empty": Message(
        en="{folder} is not an environment and not empty: no environment is created there",
        zh="{folder} 不是虚拟环境且不为空:不会在此创建环境",
        hints=("gpuenv install --venv {folder}/.venv",),
    ),
    "system-interpreter": Message(
        en="{python} belongs to the operating system, and packages are not installed into it (PEP 668)",
        zh="{python} 属于操作系统,不能向其中安装软件包(PEP 668)",
        hints=("gpuenv install --venv .venv",),
    ),
    "packages-outside-environment": Message(
        en="the packages of {environment} lie outside it, in {folder}, where a change could not be undone",
        zh="{environment} 的软件包位于其外部的 {folder},在那里的更改无法撤销",
        hints=("gpuenv install --venv .venv",),
    ),
    "environment-not-writable": Message(
        en="the environment cannot be written: {detail}",
        zh="环境不可写:{detail}",
        hints=("ls -ld {environment}",),
    ),
    "environment-busy": Message(
        en="another run of gpuenv (process {process}), or an installer that it started, is at work in {environment}",
        zh="另一个 gpuenv(进程 {process})或其启动的安装程序正在处理 {environment}",
        hints=("ps -p {process}",),
    ),
    "environment-not-lockable": Message(
        en="the file system of {environment} refuses locks, so two runs could not be kept apart: {detail}",
        zh="{environment} 所在的文件系统不支持文件锁,无法防止两个进程同时修改:{detail}",
    ),
    "environment-without-pip": Message(
        en="the environment was made without pip, because pip could not be had ({cause}); uv pip works",
        zh="由于无法获取 pip({cause}),环境中没有 pip;可以使用 uv pip",
    ),
}

_NETWORK: Final[Mapping[str, Message]] = {
    "network-unreachable": Message(
        en="{url} cannot be reached",
        zh="无法连接 {url}",
        hints=("curl -I {url}", "gpuenv plan -v"),
    ),
    "network-timed-out": Message(
        en="{url} did not answer in time",
        zh="{url} 响应超时",
        hints=("UV_HTTP_TIMEOUT=300 gpuenv install",),
    ),
    "proxy-failed": Message(
        en="the proxy on the way to {url} does not answer or refuses",
        zh="访问 {url} 所经的代理无响应或拒绝连接",
        hints=("env | grep -i proxy",),
    ),
    "tls-failed": Message(
        en="no trusted connection to {url}: its certificate is not known here, or it does not speak TLS",
        zh="无法与 {url} 建立可信连接:本机不信任其证书,或对方不支持 TLS",
        hints=("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt gpuenv install",),
    ),
    "index-refused": Message(
        en="the index {url} refuses access ({status}): credentials are missing or wrong, or the file is not there",
        zh="软件源 {url} 拒绝访问({status}):凭据缺失或错误,或文件不存在",
        hints=("gpuenv plan -v",),
    ),
    "index-failed": Message(
        en="the index answered {status} for {url}",
        zh="软件源对 {url} 返回 {status}",
        hints=("curl -I {url}",),
    ),
    "index-garbled": Message(
        en="what {url} answers is not a package index",
        zh="{url} 返回的内容不是软件源格式",
        hints=("gpuenv plan -v",),
    ),
    "wheel-not-on-server": Message(
        en="the index lists {url}, but there is no such file ({status})",
        zh="软件源列出了 {url},但该文件不存在({status})",
        hints=("curl -I {url}",),
    ),
    "download-cut-off": Message(
        en="the download of {package} broke off",
        zh="{package} 的下载中断",
        hints=("gpuenv install",),
    ),
    "download-damaged": Message(
        en="the downloaded file of {package} is not a sound wheel",
        zh="下载的 {package} 文件已损坏,不是有效的 wheel",
        hints=("uv cache clean {package}",),
    ),
    "hash-mismatch": Message(
        en="the file that the index gives for {package} is not the one that was expected: its hash differs",
        zh="软件源提供的 {package} 与预期文件不符:哈希值不同",
    ),
    "not-in-cache": Message(
        en="offline, and not everything that is needed is in uv's cache",
        zh="处于离线状态,且 uv 缓存中缺少所需的文件",
        hints=("gpuenv install",),
    ),
}

_ENGINE: Final[Mapping[str, Message]] = {
    "dependencies-conflict": Message(
        en="the requirements do not fit together. {detail}", zh="依赖要求相互冲突。{detail}"
    ),
    "package-not-found": Message(
        en="no index that is configured here has {package}. {detail}",
        zh="已配置的软件源中都没有 {package}。{detail}",
        hints=("gpuenv plan -v",),
    ),
    "wheel-not-for-platform": Message(
        en="{package} has no wheel for this platform. {detail}", zh="{package} 没有适用于此平台的 wheel。{detail}"
    ),
    "sdist-build-failed": Message(
        en="{package} has no wheel, and building it from source failed. {detail}",
        zh="{package} 没有 wheel,从源码构建失败。{detail}",
    ),
    "requirement-not-understood": Message(en="a requirement cannot be read: {detail}", zh="无法解析依赖要求:{detail}"),
    "compiled-not-understood": Message(
        en="uv resolved to something that is no exact version: {line}", zh="uv 的解析结果不是确定的版本:{line}"
    ),
    "source-without-location": Message(en="the source of {package} has no address", zh="{package} 的来源没有地址"),
    "no-space": Message(
        en="the disk is full (the download cache, the temporary folder and the environment may lie on different ones)",
        zh="磁盘空间不足(下载缓存、临时目录和环境可能位于不同的磁盘)",
        hints=("df -h", "uv cache prune"),
    ),
    "engine-failed": Message(
        en="uv ended with {exit_code}; its last lines:\n{detail}", zh="uv 以 {exit_code} 退出,最后几行输出:\n{detail}"
    ),
}

_OUTCOMES: Final[Mapping[str, Message]] = {
    "outcome-missing": Message(
        en="{package} {version} was to be installed and is not there", zh="计划安装的 {package} {version} 不存在"
    ),
    "outcome-other-version": Message(
        en="{package} is {found} instead of {version}", zh="{package} 的版本是 {found},而不是 {version}"
    ),
    "outcome-other-build": Message(
        en="{package} is a build for {found} instead of {tag}", zh="{package} 是 {found} 构建,而不是 {tag}"
    ),
    "outcome-broken": Message(
        en="{package} {version} is not whole ({problem})", zh="{package} {version} 不完整({problem})"
    ),
    "outcome-not-removed": Message(
        en="{package} {found} was to be removed and is still there", zh="应移除的 {package} {found} 仍然存在"
    ),
    "outcome-not-planned": Message(
        en="{package} changed from {version} to {found}, which nobody planned (`?`: not installed)",
        zh="{package} 从 {version} 变为 {found},不在计划之中(`?` 表示未安装)",
    ),
}

_UNDO: Final[Mapping[str, Message]] = {
    "snapshot-failed": Message(
        en="the state before could not be recorded, so nothing was changed: {detail}",
        zh="无法保存更改前的状态,因此未作任何更改:{detail}",
        hints=("df -h {environment}",),
    ),
    "rollback-failed": Message(
        en="the state before could not be restored: {detail}. Nothing of it is lost; close what uses the environment"
        " and run the command below",
        zh="无法恢复之前的状态:{detail}。数据没有丢失;请关闭正在使用该环境的程序,然后运行以下命令",
        hints=("gpuenv undo --venv {environment}",),
    ),
    "nothing-to-undo": Message(
        en="gpuenv has changed nothing in {environment} that could be undone",
        zh="gpuenv 没有对 {environment} 做过可撤销的更改",
    ),
    "changed-since": Message(
        en="since gpuenv's last change others changed {environment}, and an undo would lose that: {changes}",
        zh="gpuenv 上次更改之后,{environment} 又有其他变动,撤销会丢失这些变动:{changes}",
        hints=("gpuenv undo --venv {environment} --discard-changes",),
    ),
    "undone": Message(
        en="{environment} is as it was before the last change:", zh="{environment} 已恢复到上次更改之前的状态:"
    ),
    "undone-without-packages": Message(
        en="{environment} is as it was before the last change", zh="{environment} 已恢复到上次更改之前的状态"
    ),
    "undo-of-undo": Message(
        en="to have it back: gpuenv undo --venv {environment}", zh="如需恢复:gpuenv undo --venv {environment}"
    ),
    "recovered": Message(
        en="a change of {environment} had been interrupted; the state before it is back",
        zh="{environment} 的一次更改曾被中断;现已恢复到更改之前的状态",
    ),
    "more-files": Message(en="... and {count} more files", zh="……以及另外 {count} 个文件"),
}

MESSAGES: Final[Mapping[str, Message]] = {
    **_STAGES,
    **_ENVIRONMENTS,
    **_NETWORK,
    **_ENGINE,
    **_OUTCOMES,
    **_UNDO,
}
