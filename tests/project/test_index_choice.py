from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.index import PYTORCH_INDEX_URL, Source, SourceKind
from gpuenv.models.request import IndexPolicy
from gpuenv.models.settings import IndexSettings, SettingOrigin
from gpuenv.project.index_choice import sources_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.surroundings import Surroundings

PYTORCH = Source(kind=SourceKind.PYTORCH, location=PYTORCH_INDEX_URL)
PYPI = Source(kind=SourceKind.PYPI)
LINKS = Source(kind=SourceKind.FIND_LINKS, location="/wheels")
WITH_LINKS = IndexSettings(find_links=("/wheels",))


@pytest.mark.parametrize(
    ("choice", "variable", "expected"),
    [
        (None, "", (IndexPolicy.AUTO, (LINKS, PYTORCH, PYPI))),
        ("auto", "pypi", (IndexPolicy.AUTO, (LINKS, PYTORCH, PYPI))),
        (None, "pypi", (IndexPolicy.PYPI, (LINKS, PYPI))),
        ("pypi", "", (IndexPolicy.PYPI, (LINKS, PYPI))),
        ("pytorch", "", (IndexPolicy.PYTORCH, (PYTORCH,))),
    ],
)
def test_a_policy_has_its_sources_in_order_of_trust(
    choice: str | None,
    variable: str,
    expected: tuple[IndexPolicy, tuple[Source, ...]],
    surroundings: Callable[..., Surroundings],
) -> None:
    assert sources_for(choice, surroundings(GPUENV_INDEXES=variable), WITH_LINKS) == expected


@pytest.mark.parametrize(
    ("url", "kind", "location"),
    [
        ("https://u:p@mirror.example/whl/", SourceKind.PYTORCH, "https://u:p@mirror.example/whl"),
        ("http://mirror.example", SourceKind.PYTORCH, "http://mirror.example"),
        ("https://mirror.example/torch_stable.html", SourceKind.FIND_LINKS, "https://mirror.example/torch_stable.html"),
    ],
)
def test_a_url_is_a_mirror(
    url: str, kind: SourceKind, location: str, surroundings: Callable[..., Surroundings]
) -> None:
    expected = (IndexPolicy.LOCATION, (Source(kind=kind, location=location),))
    assert sources_for(url, surroundings(), WITH_LINKS) == expected


@pytest.mark.parametrize("tag", ["cu126", "cpu", "nightly"])
def test_a_folder_with_a_folder_per_tag_is_a_mirror(tag: str, surroundings: Callable[..., Surroundings]) -> None:
    here = surroundings()
    folder = here.cwd / "mirror"
    (folder / tag).mkdir(parents=True)
    expected = (IndexPolicy.LOCATION, (Source(kind=SourceKind.PYTORCH, location=str(folder)),))
    assert sources_for("mirror", here, WITH_LINKS) == expected
    assert sources_for(folder.as_uri(), here, WITH_LINKS) == expected


def test_any_other_folder_is_flat(surroundings: Callable[..., Surroundings]) -> None:
    here = surroundings(GPUENV_INDEXES="~/wheels")
    folder = here.home / "wheels"
    (folder / "torch").mkdir(parents=True)
    expected = (IndexPolicy.LOCATION, (Source(kind=SourceKind.FIND_LINKS, location=str(folder)),))
    assert sources_for(None, here, IndexSettings()) == expected


@pytest.mark.parametrize(
    ("choice", "code", "shown"),
    [
        ("pytorchh", "indexes-unknown", "pytorchh"),
        ("ftp://u:p@mirror.example", "indexes-unknown", "ftp://mirror.example"),
        ("./wheels", "indexes-folder-missing", "./wheels"),
        ("file:///no/such/folder", "indexes-folder-missing", "file:///no/such/folder"),
    ],
)
def test_what_is_neither_is_a_usage_error(
    choice: str, code: str, shown: str, surroundings: Callable[..., Surroundings]
) -> None:
    with pytest.raises(UsageError) as caught:
        sources_for(choice, surroundings(), WITH_LINKS)
    assert (caught.value.code, caught.value.context) == (code, {"choice": shown})


def test_no_index_leaves_the_users_own_links(surroundings: Callable[..., Surroundings]) -> None:
    settings = IndexSettings(find_links=("/wheels",), no_index=True)
    assert sources_for("auto", surroundings(), settings) == (IndexPolicy.AUTO, (LINKS,))
    assert sources_for("pypi", surroundings(), settings) == (IndexPolicy.PYPI, (LINKS,))
    assert sources_for("pytorch", surroundings(), settings) == (IndexPolicy.PYTORCH, (PYTORCH,))


def test_no_index_and_no_links_leave_nothing(surroundings: Callable[..., Surroundings]) -> None:
    settings = IndexSettings(no_index=True, origins=(SettingOrigin(setting="no-index", origin="/etc/pip.conf"),))
    with pytest.raises(GpuenvError) as caught:
        sources_for(None, surroundings(), settings)
    assert (caught.value.code, caught.value.context) == ("no-source-left", {"origin": "/etc/pip.conf"})
