"""An extra in somebody's pyproject.toml: what is added, what is brought up to date, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tomlkit

from gpuenv.errors import GpuenvError
from gpuenv.lock.uv_extra import UvExtra, UvIndex, platform_marker
from gpuenv.lock.uv_project import update_project
from gpuenv.models.platform import PythonVersion

ENVIRONMENT = {"sys_platform": "linux", "platform_machine": "x86_64", "python_version": "3.12"}
PROJECT = '[project]\nname = "app"\n'


def extra(name: str, *requirements: str, has_index: bool = True) -> UvExtra:
    index = UvIndex(name=f"pytorch-{name}", url=f"https://download.pytorch.org/whl/{name}", is_flat=False)
    asked = requirements or ("torch==2.15.0",)
    return UvExtra(
        name=name,
        requirements=asked,
        oldest_python={asked[0]: PythonVersion(major=3, minor=11)},
        sources=(("torch", index),) if has_index else (),
        environment=ENVIRONMENT,
        platform_marker=platform_marker("linux-x86_64"),
    )


CU130 = extra("cu130")
CPU = extra("cpu")


def updated(text: str, *extras: UvExtra) -> str:
    for one in extras:
        text = update_project(text, one, file="pyproject.toml").text
    return text


def uv_of(text: str) -> dict[str, object]:
    uv: dict[str, object] = tomlkit.parse(text).unwrap()["tool"]["uv"]
    return uv


BEFORE = """\
# An application.
[project]
name = "app" # short
requires-python = ">=3.9"
dependencies = ["numpy"]

# How it is checked.
[tool.ruff]
line-length = 100

# How it is built.
[build-system]
requires = ["hatchling"]
"""
AFTER = """\
# An application.
[project]
name = "app" # short
requires-python = ">=3.9"
dependencies = ["numpy"]

[project.optional-dependencies]
cu130 = [
    "torch==2.15.0 ; python_version >= '3.11'",
]
cpu = [
    "torch==2.15.0 ; python_version >= '3.11'",
]

# How it is checked.
[tool.ruff]
line-length = 100

[tool.uv]
environments = [
    "sys_platform == 'linux' and platform_machine == 'x86_64'",
]
conflicts = [
    [{ extra = "cu130" }, { extra = "cpu" }],
]

[tool.uv.sources]
torch = [
    { index = "pytorch-cu130", extra = "cu130" },
    { index = "pytorch-cpu", extra = "cpu" },
]

[[tool.uv.index]]
name = "pytorch-cu130"
url = "https://download.pytorch.org/whl/cu130"
explicit = true

[[tool.uv.index]]
name = "pytorch-cpu"
url = "https://download.pytorch.org/whl/cpu"
explicit = true

# How it is built.
[build-system]
requires = ["hatchling"]
"""


def test_two_extras_exclude_each_other_and_the_rest_keeps_its_comments_and_order() -> None:
    assert updated(BEFORE, CU130, CPU) == AFTER


@pytest.mark.parametrize("again", [CU130, CPU])
def test_the_same_again_changes_no_byte(again: UvExtra) -> None:
    assert updated(AFTER, again) == AFTER


def test_one_extra_has_nothing_to_exclude() -> None:
    assert "conflicts" not in uv_of(updated(PROJECT, CU130))


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    windows = "\ufeff" + BEFORE.replace("\n", "\r\n")
    assert updated(windows, CU130, CPU) == "\ufeff" + AFTER.replace("\n", "\r\n")


def test_an_extra_is_brought_up_to_date_in_place() -> None:
    before = (
        f"{PROJECT}[project.optional-dependencies]\n"
        'cu130 = [\n    # the family\n    "torch==2.14.1", # pinned\n    "torchaudio==2.11.0",\n    "scipy",\n]\n'
    )
    after = updated(before, extra("cu130", "torch==2.15.0", "easyocr"))
    assert after.partition("\n\n[tool.uv]")[0] == (
        f"{PROJECT}[project.optional-dependencies]\n"
        'cu130 = [\n    # the family\n    "torch==2.15.0", # pinned\n    "scipy",\n    "easyocr",\n]'
    )


def test_a_build_of_the_default_index_takes_the_source_of_its_extra_away() -> None:
    after = uv_of(updated(AFTER, extra("cu130", "torch===2.15.0", has_index=False)))
    assert after["sources"] == {"torch": [{"index": "pytorch-cpu", "extra": "cpu"}]}


def test_a_moved_index_is_followed() -> None:
    moved = replace(
        CU130, sources=(("torch", UvIndex(name="pytorch-cu130", url="https://m.example/x/", is_flat=True)),)
    )
    assert uv_of(updated(AFTER, moved))["index"] == [
        {"name": "pytorch-cu130", "url": "https://m.example/x/", "explicit": True, "format": "flat"},
        {"name": "pytorch-cpu", "url": "https://download.pytorch.org/whl/cpu", "explicit": True},
    ]


def test_a_third_extra_joins_the_conflict_and_other_conflicts_stay() -> None:
    before = AFTER.replace("conflicts = [\n", 'conflicts = [\n    [{ extra = "cpu" }, { extra = "dev" }],\n')
    assert uv_of(updated(before, extra("cu126")))["conflicts"] == [
        [{"extra": "cpu"}, {"extra": "dev"}],
        [{"extra": "cu130"}, {"extra": "cpu"}, {"extra": "cu126"}],
    ]


def test_an_extra_of_such_a_name_without_the_family_excludes_nothing() -> None:
    before = f'{PROJECT}[project.optional-dependencies]\ngpu = ["nvitop"]\n'
    assert "conflicts" not in uv_of(updated(before, CU130))


@pytest.mark.parametrize(
    ("environments", "after"),
    [
        ("[\"sys_platform == 'linux'\"]", ["sys_platform == 'linux'"]),
        (
            "\"sys_platform == 'darwin'\"",
            ["sys_platform == 'darwin'", "sys_platform == 'linux' and platform_machine == 'x86_64'"],
        ),
    ],
)
def test_an_environment_is_added_unless_one_has_the_platform_already(environments: str, after: list[str]) -> None:
    before = f"{PROJECT}[tool.uv]\nenvironments = {environments}\n"
    assert uv_of(updated(before, CU130))["environments"] == after


def test_limits_and_exclusions_are_uv_s_own() -> None:
    uv = uv_of(updated(PROJECT, replace(CU130, constraints=("numpy<2",), excluded=("onnxruntime",))))
    assert (uv["constraint-dependencies"], uv["exclude-dependencies"]) == (["numpy<2"], ["onnxruntime"])


def test_a_family_member_among_the_dependencies_is_told() -> None:
    before = f'{PROJECT}dependencies = ["Torch>=2", "numpy"]\n'
    made = update_project(before, CU130, file="pyproject.toml")
    assert (made.extras, made.direct) == (("cu130",), ("torch",))


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("[project\n", "uv-project-not-toml", None),
        ("[tool.ruff]\n", "uv-project-without-table", None),
        (f'{PROJECT}dynamic = ["optional-dependencies"]\n', "uv-project-extras-dynamic", None),
        (f"{PROJECT}dependencies = 1\n", "uv-project-unusual", "project.dependencies"),
        (f'{PROJECT}optional-dependencies.cpu = "x"\n', "uv-project-unusual", "project.optional-dependencies"),
        (f"{PROJECT}[tool]\nuv = 1\n", "uv-project-unusual", "tool.uv"),
        (f"tool = 1\n{PROJECT}", "uv-project-unusual", "tool.uv"),
        (f"{PROJECT}[tool.uv.sources]\ntorch = 1\n", "uv-project-unusual", "tool.uv.sources"),
        (f"{PROJECT}[tool.uv]\nindex = [1]\n", "uv-project-unusual", "tool.uv.index"),
        (f"{PROJECT}[tool.uv]\nconflicts = [[1]]\n", "uv-project-unusual", "tool.uv.conflicts"),
        (f"{PROJECT}[tool.uv]\nenvironments = [1]\n", "uv-project-unusual", "tool.uv.environments"),
        (f"{PROJECT}[tool]\nuv.package = false\n", "uv-project-unusual", "tool.uv"),
        (f'{PROJECT}[tool.uv.sources]\ntorch = {{ index = "mine" }}\n', "uv-source-in-the-way", None),
    ],
)
def test_a_project_that_cannot_be_extended_is_refused_by_code(text: str, code: str, key: str | None) -> None:
    with pytest.raises(GpuenvError) as caught:
        updated(text, CU130)
    assert (caught.value.code, caught.value.context["file"]) == (code, "pyproject.toml")
    assert caught.value.context.get("key") == key


def test_a_path_cannot_stand_in_an_extra() -> None:
    with pytest.raises(GpuenvError, match="uv-requirement-unnamed"):
        updated(PROJECT, extra("cu130", "torch==2.15.0", "./folder"))


def test_a_key_comes_before_the_comment_of_the_table_that_follows() -> None:
    own = '[tool.uv]\npackage = false # an application\n\n# Ours.\n[tool.uv.sources]\nlib = { path = "lib" }\n'
    before = f"{PROJECT}\n{own}"
    after = updated(before, CU130)
    assert (
        "package = false # an application\n"
        "environments = [\n"
        "    \"sys_platform == 'linux' and platform_machine == 'x86_64'\",\n"
        "]\n\n"
        "# Ours.\n"
        "[tool.uv.sources]\n"
        'lib = { path = "lib" }\n'
    ) in after
