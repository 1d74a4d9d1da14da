"""Shows what of the user's own index configuration counts, and which place it was taken from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.models.settings import redact_url
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.settings import IndexSettings
    from gpuenv.report.terminal import Terminal


def settings_as_json(settings: IndexSettings, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """List each setting with its value, credentials removed, and its origin."""
    values = _values(settings)
    return [
        {
            "setting": found.setting,
            "value": values.get(found.setting) or redact_url(environ.get(found.setting, "")),
            "origin": found.origin,
        }
        for found in settings.origins
    ]


def write_settings(terminal: Terminal, settings: IndexSettings, environ: Mapping[str, str]) -> None:
    """Write a line per setting, with `-v`."""
    if terminal.verbosity > 0:
        for row in settings_as_json(settings, environ):
            terminal.say(phrase("setting-taken", row, terminal.language).message, style="dim")


def _values(settings: IndexSettings) -> Mapping[str, str]:
    words = {
        "index-url": (settings.index_url,),
        "extra-index-url": settings.extra_index_urls,
        "find-links": settings.find_links,
        "no-index": ("yes" if settings.no_index else "no",),
        "cert": (settings.cert,),
        "client-cert": (settings.client_cert,),
        "trusted-host": settings.trusted_hosts,
        "proxy": (settings.proxy,),
        "timeout": (f"{settings.timeout_s:g}" if settings.timeout_s is not None else None,),
        "constraint": settings.constraints,
    }
    return {name: " ".join(redact_url(word) for word in found if word) for name, found in words.items()}
