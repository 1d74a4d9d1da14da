"""Applies the change that a cause of a conflict names: what a person would do on its hint."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

from gpuenv.models.cuda import DriverVersion
from gpuenv.models.hardware import Driver, Probe
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.request import IndexPolicy
from support.machines import request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gpuenv.models.notice import Notice
    from gpuenv.models.request import Request
    from gpuenv.models.target import Target


def apply(change: Notice, asked: Request, machine: Target) -> tuple[Request, Target]:
    """Make the changed question; KeyError for a change that this does not know."""
    if change.code.startswith("change-together"):
        return _together(change, asked, machine)
    if change.code in _OF_THE_REQUEST:
        return _OF_THE_REQUEST[change.code](change, asked), machine
    if change.code == "use-cpu":
        kept = tuple(found for found in asked.requirements if found.name != "onnxruntime-gpu")
        asked = replace(asked, requirements=kept or (Requirement("torch"),))
    return asked, _OF_THE_MACHINE[change.code](change, machine)


def _exact_runtime(change: Notice, asked: Request) -> Request:
    exact = Requirement(f"onnxruntime-gpu=={change.context['instead']}")
    others = tuple(found for found in asked.requirements if found.name != exact.name)
    return replace(asked, requirements=(*others, exact))


def _only(change: Notice, machine: Target) -> Target:
    labels = change.context["gpus"]
    assert isinstance(labels, tuple)
    return replace(machine, gpus=tuple(gpu for gpu in machine.gpus if gpu.label in labels))


def _with_python(change: Notice, machine: Target) -> Target:
    return replace(machine, python=PythonVersion.parse(str(change.context["instead"])))


def _on_aarch64(change: Notice, machine: Target) -> Target:
    assert change.context["platform"] == "linux-aarch64"
    return replace(machine, platform=Platform(name="linux-aarch64", glibc=(2, 28)))


def _on_newer_system(change: Notice, machine: Target) -> Target:
    major, _, minor = str(change.context["glibc"]).partition(".")
    return replace(machine, platform=replace(machine.platform, glibc=(int(major), int(minor))))


def _together(change: Notice, asked: Request, machine: Target) -> tuple[Request, Target]:
    words = iter(shlex.split(str(change.context["arguments"] or "")))
    if change.context.get("glibc"):
        machine = _on_newer_system(change, machine)
    requirements = []
    for word in words:
        if word == "--python":
            machine = replace(machine, python=PythonVersion.parse(next(words)))
        elif word == "--indexes":
            assert next(words) == "auto"
            asked = _from_everywhere(asked)
        elif Requirement(word).name in {found.package for found in asked.pairings}:
            asked = _with_release(asked, word)
        else:
            requirements.append(word)
    if requirements:
        asked = replace(asked, requirements=tuple(map(Requirement, requirements)))
    needs = change.context.get("needs")
    return asked, machine if needs is None else _driven(machine, str(needs))


def _asking(change: Notice, asked: Request) -> Request:
    words = shlex.split(str(change.context["instead"]))
    return replace(asked, requirements=tuple(map(Requirement, words)))


def _other_extensions(change: Notice, asked: Request) -> Request:
    packages = change.context["packages"]
    assert isinstance(packages, tuple)
    words = shlex.split(str(change.context["instead"] or ""))
    gone = {*packages} - {Requirement(word).name for word in words}
    asked = replace(asked, pairings=tuple(found for found in asked.pairings if found.package not in gone))
    for word in words:
        asked = _with_release(asked, word)
    return asked


def _with_release(asked: Request, word: str) -> Request:
    wanted = Requirement(word)
    return replace(
        asked,
        pairings=tuple(
            replace(
                found,
                requirement=wanted,
                releases=tuple(one for one in found.known if wanted.specifier.contains(one.version, prereleases=True)),
            )
            if found.package == wanted.name
            else found
            for found in asked.pairings
        ),
    )


def _from_everywhere(asked: Request) -> Request:
    return replace(asked, policy=IndexPolicy.AUTO, sources=request().sources)


def _driven(machine: Target, version: str) -> Target:
    driver = Driver(version=DriverVersion.parse(version), cuda_version=None, probe=Probe.DESCRIBED)
    return replace(machine, driver=driver)


_OF_THE_REQUEST: Final[Mapping[str, Callable[[Notice, Request], Request]]] = {
    "change-requirement": _asking,
    "change-requirement-nearest": _asking,
    "leave-onnxruntime-out": _asking,
    "change-extension": _other_extensions,
    "leave-extension-out": _other_extensions,
    "change-onnxruntime": _exact_runtime,
    "change-indexes": lambda _, asked: _from_everywhere(asked),
}
_OF_THE_MACHINE: Final[Mapping[str, Callable[[Notice, Target], Target]]] = {
    "change-python": _with_python,
    "update-driver": lambda change, machine: _driven(machine, str(change.context["needs"])),
    "install-driver-branch": lambda change, machine: _driven(machine, str(change.context["branch"])),
    "install-jetpack": lambda change, machine: _driven(machine, str(change.context["branch"])),
    "change-platform": _on_aarch64,
    "change-system": _on_newer_system,
    "select-gpus": _only,
    "use-cpu": lambda _, machine: replace(machine, gpus=(), driver=None),
}
