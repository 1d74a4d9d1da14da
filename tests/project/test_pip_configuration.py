"""The translation of pip's configuration, judged by the real pip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pip
import pytest

from gpuenv.errors import GpuenvError
from gpuenv.models.settings import IndexSettings, SettingOrigin
from gpuenv.project.pip_configuration import read_index_settings
from gpuenv.project.pip_files import pip_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.surroundings import Surroundings

DATA = Path(__file__).parent.parent / "data" / "project"
PIP_PROBE = """
import json
from pip._internal.commands import create_command
from pip._internal.models.index import PyPI
options = create_command("install").parser.parse_args([])[0]
print(json.dumps({
    "index_url": None if options.index_url == PyPI.simple_url else options.index_url,
    "extra_index_urls": options.extra_index_urls, "find_links": options.find_links, "no_index": options.no_index,
    "cert": options.cert, "client_cert": options.client_cert, "trusted_hosts": options.trusted_hosts,
    "proxy": options.proxy, "timeout_s": options.timeout, "constraints": options.constraints,
}))
"""
FILES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "nothing": ({}, {}),
    "sample": ({"home/.config/pip/pip.conf": (DATA / "pip.conf").read_text(encoding="utf-8")}, {}),
    "legacy under user": (
        {
            "home/.pip/pip.conf": "[global]\nindex-url = https://legacy.example\nproxy = http://legacy.example:1\n",
            "home/.config/pip/pip.conf": "[global]\nindex-url = https://user.example\n",
        },
        {},
    ),
    "user under environment's own": (
        {
            "home/.config/pip/pip.conf": "[global]\nindex-url = https://user.example\n[install]\ntimeout = 5\n",
            "venv/pip.conf": "[global]\nindex-url = https://venv.example\ntimeout = 7\n",
        },
        {},
    ),
    "install over global across files": (
        {
            "home/.config/pip/pip.conf": "[install]\nfind-links = https://install.example\n",
            "venv/pip.conf": "[global]\nfind-links = https://global.example\n",
        },
        {},
    ),
    "variables over all": (
        {"home/.config/pip/pip.conf": "[install]\nfind-links = https://file.example\nno-index = true\n"},
        {
            "PIP_FIND_LINKS": "https://a.example  https://b.example",
            "PIP_EXTRA_INDEX_URL": "https://c.example\nhttps://d.example",
            "PIP_NO_INDEX": "off",
            "PIP_DEFAULT_TIMEOUT": "180",
            "PIP_CERT": "~/ca.pem",
            "PIP_CLIENT_CERT": "/client.pem",
            "PIP_TRUSTED_HOST": "a.example b.example:8443",
            "PIP_PROXY": "http://me:secret@proxy.example:3128",
            "PIP_CONSTRAINT": "/a.txt /b.txt",
        },
    ),
    "chosen file": (
        {
            "home/.config/pip/pip.conf": "[global]\nindex-url = https://user.example\n",
            "settings/chosen.conf": "[global]\nextra-index-url = https://chosen.example\n",
        },
        {"PIP_CONFIG_FILE": "{root}/settings/chosen.conf"},
    ),
    "null device": (
        {"home/.config/pip/pip.conf": "[global]\nindex-url = https://user.example\n"},
        {"PIP_CONFIG_FILE": os.devnull, "PIP_TIMEOUT": "3"},
    ),
    "aliases, the last one counts": (
        {"home/.config/pip/pip.conf": "[global]\ntimeout = 5\ndefault-timeout = 6\npypi-url = https://alias.example\n"},
        {},
    ),
    "an empty value takes a setting away": (
        {
            "home/.config/pip/pip.conf": "[global]\nindex-url = https://user.example\n",
            "venv/pip.conf": "[global]\nindex-url =\n",
        },
        {"PIP_PROXY": ""},
    ),
    "xdg": (
        {
            "xdg/pip/pip.conf": "[global]\nindex-url = https://xdg.example\n",
            "dirs/pip/pip.conf": "[install]\ntimeout=9\n",
        },
        {"XDG_CONFIG_HOME": "{root}/xdg", "XDG_CONFIG_DIRS": "{root}/dirs"},
    ),
}


@pytest.fixture(scope="module")
def bare_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("venv") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    return root


def ask_pip(here: Surroundings, venv: Path, arguments: list[str]) -> str:
    """Run pip, with these surroundings, as the pip of that environment."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(here.home), **here.environ}
    environ["PYTHONPATH"] = str(Path(pip.__file__).parent.parent)
    python = str(venv / "bin" / "python")
    ran = subprocess.run(
        [python, "-W", "ignore", *arguments], env=environ, cwd=here.cwd, capture_output=True, text=True, check=True
    )
    return ran.stdout


@pytest.mark.skipif(os.name != "posix", reason="the folders of this test are those of POSIX systems")
@pytest.mark.parametrize("name", FILES)
def test_settings_are_those_that_pip_itself_would_use(
    name: str, surroundings: Callable[..., Surroundings], tmp_path: Path, bare_venv: Path
) -> None:
    files, environ = FILES[name]
    here = surroundings(**{variable: value.format(root=tmp_path) for variable, value in environ.items()})
    own_file = bare_venv / "pip.conf"
    own_file.unlink(missing_ok=True)
    for path, text in files.items():
        place = own_file if path == "venv/pip.conf" else tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    # pip leaves a missing file to the run itself; here, paths come out absolute
    expected: dict[str, Any] = json.loads(ask_pip(here, bare_venv, ["-c", PIP_PROBE]))
    expected["constraints"] = [str(here.cwd / path) for path in expected["constraints"]]
    expected["index_url"] = expected["index_url"] and expected["index_url"].rstrip("/")
    settings = read_index_settings(here, venv=bare_venv)
    assert {
        "index_url": settings.index_url,
        "extra_index_urls": list(settings.extra_index_urls),
        "find_links": list(settings.find_links),
        "no_index": settings.no_index,
        "cert": settings.cert,
        "client_cert": settings.client_cert,
        "trusted_hosts": list(settings.trusted_hosts),
        "proxy": settings.proxy,
        "timeout_s": settings.timeout_s if settings.timeout_s is not None else 15,
        "constraints": list(settings.constraints),
    } == expected


@pytest.mark.skipif(os.name != "posix", reason="the folders of this test are those of POSIX systems")
@pytest.mark.parametrize(
    "environ", [{}, {"XDG_CONFIG_DIRS": "/a:/b", "XDG_CONFIG_HOME": "/c"}, {"PIP_CONFIG_FILE": "x"}]
)
def test_files_are_those_that_pip_config_debug_names(
    environ: dict[str, str], surroundings: Callable[..., Surroundings], bare_venv: Path
) -> None:
    here = surroundings(**environ)
    shown = ask_pip(here, bare_venv, ["-m", "pip", "config", "debug"])
    files = [line.strip().partition(", exists:")[0] for line in shown.splitlines() if ", exists:" in line]
    ours = [str(path) for path in pip_files(here, system="linux", venv=bare_venv)]
    chosen = [str(here.cwd / "x")] if "PIP_CONFIG_FILE" in environ else []
    assert sorted(ours) == sorted([*(path for path in files if path != "x"), *chosen])


def test_each_setting_says_where_it_came_from(surroundings: Callable[..., Surroundings]) -> None:
    here = surroundings(
        PIP_CONFIG_FILE="pip.conf", PIP_TIMEOUT="9", UV_INDEX_URL="https://u:secret@uv.example", UV_FIND_LINKS=""
    )
    (here.cwd / "pip.conf").write_text("[global]\ntimeout = 5\ncert = ca.pem\n", encoding="utf-8")
    settings = read_index_settings(here, venv=None)
    assert settings.cert == str(here.cwd / "ca.pem")
    assert settings.origins[-3:] == (
        SettingOrigin(setting="cert", origin=str(here.cwd / "pip.conf")),
        SettingOrigin(setting="timeout", origin="environment variable PIP_TIMEOUT"),
        SettingOrigin(setting="UV_INDEX_URL", origin="environment variable UV_INDEX_URL"),
    )
    assert "secret" not in repr(settings)


def test_find_links_that_lead_nowhere_are_left_out_and_local_ones_become_absolute(
    surroundings: Callable[..., Surroundings],
) -> None:
    here = surroundings(
        PIP_CONFIG_FILE=os.devnull,
        PIP_FIND_LINKS="wheels ~/wheels missing file:///nowhere/at/all https://links.example/ file://{}",
    )
    places = (here.cwd / "wheels", here.home / "wheels")
    for place in places:
        place.mkdir()
    environ = {**here.environ, "PIP_FIND_LINKS": here.environ["PIP_FIND_LINKS"].format(places[0])}
    settings = read_index_settings(surroundings(**environ), venv=None)
    assert settings == IndexSettings(
        find_links=(str(places[0]), str(places[1]), "https://links.example/", f"file://{places[0]}"),
        origins=(SettingOrigin(setting="find-links", origin="environment variable PIP_FIND_LINKS"),),
    )


@pytest.mark.parametrize(
    ("variable", "value", "setting"),
    [("PIP_TIMEOUT", "soon", "timeout"), ("PIP_NO_INDEX", "perhaps", "no-index")],
)
def test_a_value_that_pip_would_refuse_is_told_with_its_place(
    variable: str, value: str, setting: str, surroundings: Callable[..., Surroundings]
) -> None:
    with pytest.raises(GpuenvError) as caught:
        read_index_settings(surroundings(**{"PIP_CONFIG_FILE": os.devnull, variable: value}), venv=None)
    assert (caught.value.code, caught.value.context) == (
        "pip-setting-invalid",
        {"setting": setting, "value": value, "origin": f"environment variable {variable}"},
    )
