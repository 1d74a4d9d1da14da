"""Random machines: what the laws are tried on."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from gpuenv.models.request import IndexPolicy
from support.machines import target

CAPABILITIES = (
    "3.5",
    "3.7",
    "5.0",
    "5.2",
    "6.0",
    "6.1",
    "7.0",
    "7.5",
    "8.0",
    "8.6",
    "8.9",
    "9.0",
    "10.0",
    "10.3",
    "12.0",
    "12.1",
)
DRIVERS = ("450.80.02", "470.82.01", "510.47.03", "525.60.13", "535.54.03", "550.54.14", "560.35.03", "570.124.06")
NEWER_DRIVERS = ("575.57.08", "580.65.06", "580.95.05", "590.48.01", "595.71.05")
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
LAST_BRANCH = {"3": 470, "5": 580, "6": 580, "7.0": 580}

capabilities = st.lists(st.sampled_from(CAPABILITIES), min_size=1, max_size=3, unique=True)
drivers = st.sampled_from((*DRIVERS, *NEWER_DRIVERS))
pythons = st.sampled_from(PYTHONS)
platforms = st.sampled_from(("linux-x86_64", "windows-x86_64", "linux-aarch64"))
policies = st.sampled_from((IndexPolicy.AUTO, IndexPolicy.PYTORCH, IndexPolicy.PYPI))

machines = st.builds(
    lambda gpus, driver, python, platform: target(*gpus, driver=driver, python=python, platform=platform),
    capabilities,
    drivers,
    pythons,
    platforms,
)

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
