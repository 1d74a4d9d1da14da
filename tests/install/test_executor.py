"""Plans are run with the real uv in real environments against an index on loopback."""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.install.change import change
from gpuenv.install.closures.closure import compile_closure
from gpuenv.install.engines.pip import find_pip
from gpuenv.install.executor import execute
from gpuenv.models.execution import LockedPackage
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Plan, Remove
from gpuenv.models.resolution import Pin
from gpuenv.models.settings import IndexSettings
from support.index_server import Fault, IndexServer
from support.small_environments import HERE, make_venv, picture, python_of, read_small, site_packages_of, versions
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.execution import EngineName, ExecutionRecord

WHY = Notice.of("chosen")


@pytest.fixture(params=["uv", "pip"])
def engine(request: pytest.FixtureRequest) -> EngineName:
    """What every engine has to do alike."""
    name: EngineName = request.param
    return name


def pin(project: str, version: str, tag: str | None, source: Source) -> Pin:
    return Pin(project=project, version=Version(version), tag=tag, source=source, evidence=Evidence.BINARY)


def install(project: str, version: str, chosen: Pin | None = None) -> Install:
    return Install(project=project, version=Version(version), reason=WHY, pin=chosen, is_family=chosen is not None)


def remove(project: str, version: str) -> Remove:
    return Remove(project=project, version=Version(version), reason=WHY)


def run_plan(
    root: Path,
    plan: Plan,
    *,
    server: IndexServer,
    environ: Mapping[str, str],
    closure: Sequence[LockedPackage] = (),
    settings: IndexSettings | None = None,
    commits: bool = True,
    engine: EngineName = "uv",
) -> ExecutionRecord:
    with change(root) as ongoing:
        record = execute(
            plan,
            ongoing=ongoing,
            environment=read_small(root),
            closure=closure,
            settings=settings or IndexSettings(index_url=server.simple_url),
            environ=environ,
            read=lambda: read_small(root),
            engine=engine,
        )
        if commits and record.status == "done":
            ongoing.commit()
    return record


def pytorch(server: IndexServer) -> Source:
    return Source(kind=SourceKind.PYTORCH, location=server.pytorch_url)


def test_a_plan_is_installed_with_its_local_label_and_its_dependencies(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName
) -> None:
    torch = pin("torch", "2.0+cu126", "cu126", pytorch(server))
    closure = compile_closure(
        [torch],
        [],
        python=python_of(root),
        python_version=HERE,
        platform=None,
        settings=IndexSettings(index_url=server.simple_url),
        environ=environ,
        with_hashes=True,
    )
    plan = Plan(steps=(install("torch", "2.0+cu126", torch), install("dep", "2.0")))
    record = run_plan(root, plan, server=server, environ=environ, engine=engine, closure=closure)
    assert (record.status, record.problems) == ("done", ())
    assert versions(root) == {"torch": "2.0+cu126", "dep": "2.0"}
    assert record.log is not None
    said = {"uv": "+ torch==2.0+cu126", "pip": "Successfully installed torch-2.0+cu126"}
    assert said[engine] in record.log.read_text()


def test_a_build_is_replaced_by_one_that_only_looks_equal(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName
) -> None:
    for version, tag in (("2.0+cu126", "cu126"), ("2.0+cu130", "cu130"), ("2.0", None), ("2.0+cu126", "cu126")):
        source = pytorch(server) if tag else Source(kind=SourceKind.PYPI)
        plan = Plan(steps=(install("torch", version, pin("torch", version, tag, source)),))
        assert run_plan(root, plan, server=server, environ=environ, engine=engine).status == "done"
        assert versions(root) == {"torch": version}
    assert not (site_packages_of(root) / "torch" / "only_here.py").exists()


def test_a_build_of_the_very_same_version_is_installed_anew(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName
) -> None:
    plan = Plan(steps=(install("torch", "2.0", pin("torch", "2.0", "cu130", Source(kind=SourceKind.PYPI))),))
    assert run_plan(root, plan, server=server, environ=environ, engine=engine).status == "done"
    (site_packages_of(root) / "torch" / "__init__.py").unlink()  # uv's cache has the same file
    (site_packages_of(root) / "torch" / "__init__.py").write_text("another build\n")
    assert run_plan(root, plan, server=server, environ=environ, engine=engine).status == "done"
    assert (site_packages_of(root) / "torch" / "__init__.py").read_text() == "__version__ = '2.0'\n"


def test_a_plain_build_comes_from_the_index_where_find_links_has_a_cpu_build(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "folder", "torch", "2.0+cpu")
    settings = IndexSettings(index_url=server.simple_url, find_links=(str(tmp_path / "folder"),))
    torch = pin("torch", "2.0", None, Source(kind=SourceKind.PYPI))
    closure = compile_closure(
        [torch],
        [],
        python=python_of(root),
        python_version=HERE,
        platform=None,
        settings=settings,
        environ=environ,
        with_hashes=False,
    )
    assert {found.project: str(found.version) for found in closure} == {"torch": "2.0", "dep": "2.0"}
    record = run_plan(
        root,
        Plan(steps=(install("torch", "2.0", torch),)),
        server=server,
        environ=environ,
        engine=engine,
        settings=settings,
    )
    assert record.status == "done"
    assert versions(root) == {"torch": "2.0"}


def test_removals_are_done_and_what_nobody_planned_stays(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName
) -> None:
    run_plan(
        root,
        Plan(steps=(install("dep", "1.0"), install("torch", "2.0"))),
        server=server,
        environ=environ,
        engine=engine,
    )
    plan = Plan(steps=(remove("torch", "2.0"), install("other", "1.0")))
    assert run_plan(root, plan, server=server, environ=environ, engine=engine).status == "done"
    assert versions(root) == {"dep": "1.0", "other": "1.0"}


def test_a_failure_half_way_leaves_every_file_as_it_was(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName, wheels: Path
) -> None:
    run_plan(
        root,
        Plan(steps=(install("dep", "1.0"), install("torch", "2.0"))),
        server=server,
        environ=environ,
        engine=engine,
    )
    before = picture(root)
    server.add(make_wheel(wheels, "late", "1.0"), "pypi")
    server.fail("/simple/files/late-1.0", Fault(status=500))
    plan = Plan(steps=(remove("torch", "2.0"), install("dep", "2.0"), install("late", "1.0")))
    record = run_plan(root, plan, server=server, environ=environ, engine=engine)
    assert record.status == "failed"
    assert [step.exit_code == 0 for step in record.results] == [True, False]  # torch was gone by then
    assert [problem.code for problem in record.problems] == ["index-failed"]
    assert record.problems[0].context["status"] == "500"
    assert picture(root) == before


def test_a_wheel_with_another_hash_is_not_installed(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName, wheels: Path
) -> None:
    wheel = make_wheel(wheels, "hashed", "1.0")
    server.add(wheel, "pypi")
    plan = Plan(steps=(install("hashed", "1.0"),))
    wrong = LockedPackage(project="hashed", version=Version("1.0"), hashes=("sha256:" + "0" * 64,))
    record = run_plan(root, plan, server=server, environ=environ, engine=engine, closure=(wrong,))
    assert record.problems == (Notice.of("hash-mismatch", package="hashed==1.0"),)
    assert versions(root) == {}
    right = LockedPackage(project="hashed", version=Version("1.0"), hashes=(f"sha256:{sha256_of(wheel)}",))
    assert run_plan(root, plan, server=server, environ=environ, engine=engine, closure=(right,)).status == "done"


def test_an_outcome_that_differs_from_the_plan_is_told_in_full(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName
) -> None:
    run_plan(root, Plan(steps=(install("dep", "1.0"),)), server=server, environ=environ, engine=engine)
    before = picture(root)
    plan = Plan(steps=(install("torch", "2.0"), remove("dep", "1.0")))
    with change(root) as ongoing:
        environment = read_small(root)
        record = execute(
            plan,
            ongoing=ongoing,
            environment=environment,
            closure=(),
            settings=IndexSettings(index_url=server.simple_url),
            environ=environ,
            read=lambda: environment,  # as if nothing had happened
            engine=engine,
        )
    assert record.status == "outcome-differs"
    assert record.problems == (
        Notice.of("outcome-missing", package="torch", version="2.0"),
        Notice.of("outcome-not-removed", package="dep", found="1.0"),
    )
    assert ongoing.fate == "rolled-back"
    assert picture(root) == before


def test_a_distribution_without_record_is_replaced_whole(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName
) -> None:
    run_plan(root, Plan(steps=(install("torch", "2.0"),)), server=server, environ=environ, engine=engine)
    site_packages = site_packages_of(root)
    (site_packages / "torch-2.0.dist-info" / "RECORD").unlink()
    (site_packages / "~orch").mkdir()
    (site_packages / "~orch" / "left.py").write_text("")
    torch = pin("torch", "2.0+cu126", "cu126", pytorch(server))
    record = run_plan(
        root, Plan(steps=(install("torch", "2.0+cu126", torch),)), server=server, environ=environ, engine=engine
    )
    assert record.status == "done"
    assert sorted(path.name for path in site_packages.glob("*orch*")) == ["torch", "torch-2.0+cu126.dist-info"]
    assert not (site_packages / "torch" / "only_here.py").exists()


def test_credentials_are_neither_logged_nor_journaled(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName
) -> None:
    url = server.simple_url.replace("http://", "http://someone:secret@")
    plan = Plan(steps=(install("torch", "2.0"),))
    record = run_plan(root, plan, server=server, environ=environ, engine=engine, settings=IndexSettings(index_url=url))
    assert record.status == "done"
    written = [path.read_text(errors="replace") for path in (root / ".gpuenv").rglob("*.*") if path.is_file()]
    assert not any("secret" in text for text in written)
    assert server.log[-1].headers["authorization"].startswith("Basic ")
    assert "secret" not in json.dumps([step.command for step in record.results])


def test_nothing_redirects_the_engine(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName, tmp_path: Path
) -> None:
    elsewhere = make_venv(tmp_path / "elsewhere", environ)
    before = picture(elsewhere)
    redirecting = {
        **environ,
        "VIRTUAL_ENV": str(elsewhere),
        "CONDA_PREFIX": str(elsewhere),
        "UV_PROJECT": str(tmp_path),
        "UV_PROJECT_ENVIRONMENT": str(elsewhere),
        "UV_PYTHON": str(python_of(elsewhere)),
        "UV_SYSTEM_PYTHON": "1",
        "UV_TORCH_BACKEND": "cpu",
        "UV_CONSTRAINT": str(tmp_path / "missing.txt"),
        "PIP_TARGET": str(tmp_path / "target"),
        "PYTHONPATH": str(tmp_path),
        "PYTHONHOME": str(tmp_path),
    }
    torch = pin("torch", "2.0+cu126", "cu126", pytorch(server))
    plan = Plan(steps=(install("torch", "2.0+cu126", torch),))
    assert run_plan(root, plan, server=server, environ=redirecting, engine=engine).status == "done"
    assert versions(root) == {"torch": "2.0+cu126"}
    assert picture(elsewhere) == before


def test_what_somebody_else_changes_meanwhile_ends_the_run(
    root: Path, server: IndexServer, environ: Mapping[str, str], engine: EngineName, wheels: Path
) -> None:
    server.add(make_wheel(wheels, "slow", "1.0"), "pypi", has_hash=False)
    server.fail("/simple/slow", Fault(hang_s=0.8), times=1)
    before = picture(root)
    intruder = site_packages_of(root) / "intruder-1.0.dist-info"
    pip = threading.Timer(0.4, intruder.mkdir)
    with change(root) as ongoing:
        pip.start()
        record = execute(
            Plan(steps=(install("slow", "1.0"),)),
            ongoing=ongoing,
            environment=read_small(root),
            settings=IndexSettings(index_url=server.simple_url),
            environ=environ,
            read=lambda: read_small(root),
            engine=engine,
        )
        pip.join()
    assert record.status == "failed"
    assert record.problems == (Notice.of("changed-underneath", environment=str(root), packages=("intruder",)),)
    assert ongoing.fate == "rolled-back"
    assert picture(root) == before


def test_a_plan_for_an_environment_that_is_another_by_now_is_not_begun(
    root: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    environment = read_small(root)
    run_plan(root, Plan(steps=(install("dep", "1.0"),)), server=server, environ=environ)
    before = picture(root)
    with change(root) as ongoing:
        record = execute(
            Plan(steps=(install("torch", "2.0"),)),
            ongoing=ongoing,
            environment=environment,
            settings=IndexSettings(index_url=server.simple_url),
            environ=environ,
            read=lambda: read_small(root),
        )
    assert record.results == ()
    assert record.problems == (Notice.of("changed-underneath", environment=str(root), packages=("dep",)),)
    assert picture(root) == before


def test_pip_is_the_one_of_the_environment_where_it_has_one(
    root: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    assert find_pip(read_small(root)).command[1:] == ("-m", "pip", "--python", str(python_of(root)))
    subprocess.run([python_of(root), "-m", "ensurepip", "--default-pip"], check=True, capture_output=True)
    own = find_pip(read_small(root))
    assert own.command == (str(python_of(root)), "-m", "pip")
    plan = Plan(steps=(install("dep", "1.0"),))
    assert run_plan(root, plan, server=server, environ=environ, engine="pip").results[0].command[0] == own.command[0]
    assert versions(root)["dep"] == "1.0"


def test_an_interpreter_of_the_operating_system_is_refused(root: Path, environ: Mapping[str, str]) -> None:
    with pytest.raises(GpuenvError) as caught, change(root) as ongoing:
        execute(
            Plan(steps=()),
            ongoing=ongoing,
            environment=replace(read_small(root), kind="system"),
            closure=(),
            settings=IndexSettings(),
            environ=environ,
            read=lambda: read_small(root),
        )
    assert caught.value.code == "system-interpreter"
