"""Pins stay as they are until somebody asks for newer ones, and `--check` tells whether a lock is what it would be."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest

from support.in_process import gpuenv_here as gpuenv
from support.lock_index import lock_index, user_of
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Ran
    from support.index_server import IndexServer

MACHINE = ("--target", "gtx-1080-ti", "--platform", "linux-x86_64", "--python", "3.11")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    with lock_index(tmp_path_factory.mktemp("wheels")) as server:
        yield server


class Locking:
    """One user who locks into a folder."""

    def __init__(self, server: IndexServer, folder: Path) -> None:
        self.folder = folder
        self._server = server
        self._environ = user_of(server, folder)

    def __call__(self, *arguments: str, file: str = "gpu.txt") -> Ran:
        shared = (*MACHINE, "--indexes", self._server.pytorch_url, "-o", file, "--json")
        asked = tuple(takewhile(lambda argument: not argument.startswith("-"), arguments))
        return gpuenv(
            "lock", "torch", *asked, *shared, *arguments[len(asked) :], cwd=self.folder, environ=self._environ
        )

    def changed(self, old: str, new: str, file: str = "gpu.txt") -> None:
        """Edit the lock."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def locking(server: IndexServer, tmp_path: Path) -> Locking:
    return Locking(server, tmp_path)


def pins(ran: Ran) -> dict[str, str]:
    return {package["project"]: package["version"] for package in ran.envelope["data"]["lock"]["packages"]}


def check(ran: Ran) -> tuple[int, str, list[tuple[str, str, str | None, str | None]]]:
    envelope = ran.envelope
    found = [(one["kind"], one["name"], one["before"], one["after"]) for one in envelope["data"]["differences"]]
    assert {one["file"] for one in envelope["data"]["differences"]} <= {"gpu.txt", "pylock.gpu.toml"}
    return ran.exit_code, envelope["status"], found


@pytest.mark.parametrize(("file", "shape"), [("gpu.txt", "requirements"), ("pylock.gpu.toml", "pylock")])
def test_a_check_tells_what_is_missing_what_is_true_and_what_is_not(locking: Locking, file: str, shape: str) -> None:
    as_shape = ("--format", shape)
    assert check(locking("--check", *as_shape, file=file)) == (1, "drift", [("missing", "", None, None)])
    assert not (locking.folder / file).exists()
    assert locking(*as_shape, file=file).exit_code == 0
    text = (locking.folder / file).read_text()
    assert check(locking("--check", *as_shape, file=file)) == (0, "ok", [])
    locking.changed("525.60.13", "470.82.01", file)
    code, status, found = check(locking("--check", *as_shape, file=file))
    assert (code, status, found) == (1, "drift", [("machine", "driver", ">=470.82.01", ">=525.60.13")])
    assert locking(*as_shape, file=file).envelope["data"]["changed"] is True
    assert (locking.folder / file).read_text() == text


def test_pins_stay_until_one_or_all_are_to_be_upgraded(locking: Locking) -> None:
    assert pins(locking()) == {"sympy": "1.14.0", "torch": "2.14.1+cu126"}
    assert pins(locking("sympy<1.14", file="other.txt"))["sympy"] == "1.13.0"
    older = (locking.folder / "other.txt").read_text()
    (locking.folder / "gpu.txt").write_text(older)
    assert check(locking("--check")) == (0, "ok", [])
    assert pins(locking())["sympy"] == "1.13.0"
    assert check(locking("--check", "-U"))[2] == [("package", "sympy", "1.13.0", "1.14.0")]
    assert check(locking("--check", "--upgrade-package", "Sympy"))[2] == [("package", "sympy", "1.13.0", "1.14.0")]
    assert check(locking("--check", "--upgrade-package", "torch")) == (0, "ok", [])
    assert pins(locking("--upgrade-package", "sympy"))["sympy"] == "1.14.0"


@pytest.mark.parametrize(
    ("package", "code", "near"),
    [("Simpy", "upgrade-package-misspelt", "sympy"), ("zlib", "upgrade-package-not-locked", "")],
)
def test_a_package_to_upgrade_that_no_lock_has_is_told_of(locking: Locking, package: str, code: str, near: str) -> None:
    warnings = {
        found["code"]: found["message"] for found in locking("--upgrade-package", package).envelope["data"]["warnings"]
    }
    assert warnings[code].endswith(near or "no lock has such a package")
    assert package.lower() in warnings[code]
    said = locking("--upgrade-package", "sympy").envelope["data"]["warnings"]
    assert [found["code"] for found in said] == ["last-release-for-gpu"]


def test_the_family_stays_at_its_version_and_tag_while_a_newer_one_is_there(locking: Locking) -> None:
    card = ("--target", "rtx-3060")
    first = locking("torch<2.15", *card)
    assert pins(first)["torch"] == "2.14.1+cu126"
    assert pins(locking(*card))["torch"] == "2.14.1+cu126"
    assert check(locking("--check", *card)) == (0, "ok", [])
    assert pins(locking("torch>=2.15", *card))["torch"] == "2.15.0+cu132"
    assert pins(locking(*card, "--upgrade-package", "torch"))["torch"] == "2.15.0+cu132"


def test_pins_that_a_new_requirement_rules_out_give_way(locking: Locking, server: IndexServer, tmp_path: Path) -> None:
    server.add(make_wheel(tmp_path / "w", "needs-new", "1.0", requires=("torch>=2.15",)), "pypi")
    card = ("--target", "rtx-3060")
    assert pins(locking("torch<2.15", *card))["torch"] == "2.14.1+cu126"
    ran = locking("needs-new", *card)
    assert (ran.exit_code, pins(ran).get("torch")) == (0, "2.15.0+cu132")


def test_a_newer_matrix_that_changes_nothing_leaves_the_lock_alone(locking: Locking) -> None:
    locking()
    locking.changed("# matrix: 2026.11", "# matrix: 2026.04")
    assert check(locking("--check")) == (0, "ok", [])
    assert locking().envelope["data"]["changed"] is False
    assert "# matrix: 2026.04" in (locking.folder / "gpu.txt").read_text()


def test_a_file_that_is_not_ours_is_not_written_over(locking: Locking) -> None:
    (locking.folder / "gpu.txt").write_text("torch\n")
    ran = locking()
    (error,) = ran.envelope["errors"]
    assert (ran.exit_code, error["code"]) == (2, "lock-not-ours")
    (hint,) = error["hints"]
    words = hint.split()
    assert words[:3] == ["gpuenv", "lock", "torch"]
    assert words[words.index("-o") + 1] == "gpu-gpu.txt"
    assert (locking.folder / "gpu.txt").read_text() == "torch\n"
    assert check(locking("--check"))[2] == [("unreadable", "lock-header-missing", None, None)]


def test_a_check_needs_something_to_compare_with(server: IndexServer, tmp_path: Path) -> None:
    ran = gpuenv("lock", "torch", *MACHINE, "--check", "--json", cwd=tmp_path, environ=user_of(server, tmp_path))
    assert (ran.exit_code, [error["code"] for error in ran.envelope["errors"]]) == (2, ["lock-check-needs-file"])


def test_the_differences_are_told_in_words(locking: Locking, server: IndexServer) -> None:
    locking()
    locking.changed("sympy==1.14.0", "sympy==1.13.0")
    ran = gpuenv(
        "lock",
        *("torch", *MACHINE, "--indexes", server.pytorch_url, "-o", "gpu.txt", "--check", "-U"),
        cwd=locking.folder,
        environ=user_of(server, locking.folder),
    )
    assert ran.exit_code == 1
    assert "gpu.txt: sympy 1.13.0 -> 1.14.0" in ran.stdout
    assert re.search(r"out of date: gpu.txt; the same command without --check", ran.stdout)
