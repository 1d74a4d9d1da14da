"""Translates pip's configuration into `IndexSettings`, without starting pip (that costs half a second)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gpuenv.errors import GpuenvError
from gpuenv.models.settings import IndexSettings, SettingOrigin, redact_url
from gpuenv.models.value import dataclass
from gpuenv.project.pip_files import ENVIRONMENT, read_pip_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.models.surroundings import Surroundings
    from gpuenv.project.pip_files import PipValue, System

_SECTIONS: Final = ("global", "install", ENVIRONMENT)
"""The sections that count for `pip install`, each over the one before, whatever files they stand in."""
_ALIASES: Final = {"pypi-url": "index-url", "default-timeout": "timeout"}
_TRUE: Final = frozenset({"y", "yes", "t", "true", "on", "1"})
_FALSE: Final = frozenset({"n", "no", "f", "false", "off", "0"})
_UV_VARIABLES: Final = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
)


def read_index_settings(surroundings: Surroundings, *, venv: Path | None) -> IndexSettings:
    """Read what pip would read for `pip install`, and note where each setting came from.

    `venv` is the environment whose `pip.conf` counts too. Local paths come out absolute; find-links that lead nowhere
    are left out, as pip does with a warning. uv's own variables are noted in `origins` only: uv reads them itself.
    Raises `pip-configuration-unreadable` and `pip-setting-invalid`, where pip would refuse to run as well.
    """
    system: System = "win32" if sys.platform == "win32" else "darwin" if sys.platform == "darwin" else "linux"
    chosen = effective_values(read_pip_values(surroundings, system=system, venv=venv))
    reading = _Reading(values=chosen, cwd=surroundings.cwd, home=surroundings.home)
    index_url = reading.text("index-url")
    return IndexSettings(
        index_url=index_url.rstrip("/") if index_url else None,
        extra_index_urls=reading.words("extra-index-url"),
        find_links=tuple(place for word in reading.words("find-links") if (place := reading.place(word)) is not None),
        no_index=reading.flag("no-index"),
        cert=reading.path("cert"),
        client_cert=reading.path("client-cert"),
        trusted_hosts=reading.words("trusted-host"),
        proxy=reading.text("proxy"),
        timeout_s=reading.number("timeout"),
        constraints=tuple(reading.local(word) for word in reading.words("constraint")),
        origins=(*reading.origins, *_origins_of_uv(surroundings.environ)),
    )


def effective_values(values: Sequence[PipValue]) -> Mapping[str, PipValue]:
    """Choose the value that counts for each setting of `pip install`, by name, in pip's order.

    A later place overrides an earlier one within a section; an empty value there removes the setting from the section.
    Then `[install]` overrides `[global]`, and variables override both: lists too are replaced, never joined.
    """
    sections: dict[str, dict[str, PipValue]] = {section: {} for section in _SECTIONS}
    for value in values:
        if value.section in sections:
            sections[value.section][value.name] = value
    chosen: dict[str, PipValue] = {}
    for section in _SECTIONS:
        for name, value in sections[section].items():
            if value.text:
                chosen[_ALIASES.get(name, name)] = value
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Gives the chosen values their types."""

    values: Mapping[str, PipValue]
    cwd: Path
    home: Path

    @property
    def origins(self) -> tuple[SettingOrigin, ...]:
        used = (
            *("index-url", "extra-index-url", "find-links", "no-index", "cert", "client-cert", "trusted-host"),
            *("proxy", "timeout", "constraint"),
        )
        return tuple(
            SettingOrigin(setting=name, origin=self.values[name].origin) for name in used if name in self.values
        )

    def text(self, name: str) -> str | None:
        return self.values[name].text.strip() if name in self.values else None

    def words(self, name: str) -> tuple[str, ...]:
        return tuple((self.text(name) or "").split())

    def flag(self, name: str) -> bool:
        text = (self.text(name) or "no").lower()
        if text not in _TRUE | _FALSE:
            raise self._invalid(name)
        return text in _TRUE

    def number(self, name: str) -> float | None:
        text = self.text(name)
        try:
            return None if text is None else float(text)
        except ValueError as error:
            raise self._invalid(name) from error

    def path(self, name: str) -> str | None:
        text = self.text(name)
        return None if text is None else self.local(text)

    def local(self, text: str) -> str:
        """Make a path absolute; a URL stays."""
        if "://" in text or text.startswith("file:"):
            return text
        if text == "~" or text.startswith(("~/", "~\\")):
            return str(self.home / text[2:])
        return str(self.cwd / text)

    def place(self, text: str) -> str | None:
        """Give a find-links place; None for a folder or a file that is not there."""
        place = self.local(text)
        if place.startswith("file:"):
            from urllib.request import url2pathname  # noqa: PLC0415 - it brings a whole HTTP client

            return place if Path(url2pathname(urlsplit(place).path)).exists() else None
        return place if "://" in place or Path(place).exists() else None

    def _invalid(self, name: str) -> GpuenvError:
        value = self.values[name]
        return GpuenvError("pip-setting-invalid", setting=name, value=redact_url(value.text), origin=value.origin)


def _origins_of_uv(environ: Mapping[str, str]) -> tuple[SettingOrigin, ...]:
    return tuple(
        SettingOrigin(setting=variable, origin=f"environment variable {variable}")
        for variable in _UV_VARIABLES
        if environ.get(variable)
    )
