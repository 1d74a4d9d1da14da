"""The project's dataclasses mean what Python's own mean."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import pprint
import re
import sys
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace
from typing import Any

import pytest

from gpuenv.models import value
from gpuenv.models.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Card:
    """A value with every kind of field."""

    name: str
    memory: int = 16
    secret: str = field(default="", repr=False)
    seen: list[str] = field(default_factory=list, compare=False)
    label: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"{self.name} {self.memory} GB")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PythonCard:
    name: str
    memory: int = 16
    secret: str = field(default="", repr=False)
    seen: list[str] = field(default_factory=list, compare=False)
    label: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"{self.name} {self.memory} GB")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Own:
    """A value that says itself what is equal."""

    number: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and self.number % 10 == other.number % 10

    def __hash__(self) -> int:
        return self.number % 10

    def __repr__(self) -> str:
        return f"<{self.number}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """A value without fields."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What is no value, but counts."""

    files: int = 0


GIVEN: tuple[dict[str, Any], ...] = (
    {"name": "b"},
    {"name": "b", "memory": 8},
    {"name": "a", "memory": 24, "secret": "s"},
    {"name": "b", "seen": ["yesterday"]},
)


def both(given: dict[str, Any]) -> tuple[Card, PythonCard]:
    return Card(**given), PythonCard(**given)


@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_a_value_holds_shows_and_hashes_what_a_dataclass_of_python_does(given: dict[str, Any]) -> None:
    ours, pythons = both(given)
    assert dataclasses.asdict(ours) == dataclasses.asdict(pythons)
    assert repr(ours) == repr(pythons).replace("PythonCard", "Card")
    assert hash(ours) == hash(pythons)
    assert [(f.name, f.init, f.repr, f.compare, f.kw_only) for f in fields(ours)] == [
        (f.name, f.init, f.repr, f.compare, f.kw_only) for f in fields(pythons)
    ]


@pytest.mark.parametrize("one", GIVEN, ids=str)
@pytest.mark.parametrize("other", GIVEN, ids=str)
def test_values_compare_as_dataclasses_of_python_do(one: dict[str, Any], other: dict[str, Any]) -> None:
    (ours, pythons), (others, other_pythons) = both(one), both(other)
    assert (ours == others) == (pythons == other_pythons)
    assert (ours != others) == (pythons != other_pythons)
    assert (ours < others, ours <= others) == (pythons < other_pythons, pythons <= other_pythons)
    assert (ours > others, ours >= others) == (pythons > other_pythons, pythons >= other_pythons)


def test_a_value_equals_nothing_of_another_class() -> None:
    ours: object = Card(name="a")
    pythons: object = PythonCard(name="a")
    nothing: object = ()
    assert ours != pythons
    assert Empty() == Empty() != nothing
    with pytest.raises(TypeError):
        _ = ours < pythons  # type: ignore[operator]


def test_each_value_has_a_default_of_its_own() -> None:
    one, other = Card(name="a"), Card(name="a")
    one.seen.append("today")
    assert other.seen == []


def test_a_default_that_all_values_would_share_is_refused() -> None:
    with pytest.raises(ValueError, match="seen"):

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Forgetful:
            seen: list[str] = []  # noqa: RUF012 - what is refused


def test_a_value_has_the_fields_of_the_one_that_it_extends() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Fast(Card):
        """A card with one more field."""

        clock: int = 2

    fast = Fast(name="a", memory=8)
    assert [field.name for field in fields(fast)] == ["name", "memory", "secret", "seen", "label", "clock"]
    assert (fast.label, fast.clock, replace(fast, clock=3).clock) == ("a 8 GB", 2, 3)
    assert fast != Card(name="a", memory=8)
    assert not hasattr(fast, "__dict__")
    assert pprint.pformat(fast) == repr(fast)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace is new in Python 3.13")
def test_a_value_can_be_replaced_by_copy_as_well() -> None:
    assert copy.replace(Card(name="a"), memory=80) == Card(name="a", memory=80)  # type: ignore[attr-defined,unused-ignore]


def test_a_value_cannot_be_changed() -> None:
    card = Card(name="a")
    with pytest.raises(FrozenInstanceError):
        card.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        card.other = "b"  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        del card.name
    assert card == Card(name="a")
    assert not hasattr(card, "__dict__")


def test_a_replaced_value_is_finished_anew() -> None:
    assert is_dataclass(Card)
    assert replace(Card(name="a"), memory=80).label == "a 80 GB"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "Card() misses the argument 'name'"),
        ({"name": "a", "colour": "red"}, "Card() has no argument 'colour'"),
        ({"name": "a", "label": "b"}, "Card() has no argument 'label'"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TypeError, match=re.escape(complaint)):
        Card(**given)


def test_a_value_takes_no_positions() -> None:
    with pytest.raises(TypeError):
        Card("a")  # type: ignore[call-arg]


def test_what_a_class_says_itself_is_left_alone() -> None:
    assert Own(number=3) == Own(number=13)
    assert {Own(number=3), Own(number=13)} == {Own(number=3)}
    assert repr(Own(number=3)) == "<3>"


def test_a_value_can_be_copied_and_pickled() -> None:
    card = Card(name="a", seen=["today"])
    for twin in (copy.copy(card), copy.deepcopy(card), pickle.loads(pickle.dumps(card))):  # noqa: S301 - our own
        assert twin == card
        assert (twin.seen, twin.label) == (card.seen, card.label)


def test_what_counts_can_be_changed_and_not_be_hashed() -> None:
    tally = Tally()
    tally.files += 2
    assert tally == Tally(files=2)
    with pytest.raises(TypeError):
        hash(tally)


def test_no_method_was_compiled_for_the_class() -> None:
    made = {
        name: getattr(Card, name) for name in ("__init__", "__repr__", "__eq__", "__hash__", "__lt__", "__setattr__")
    }
    assert {method.__code__.co_filename for method in made.values()} == {value.__file__}


def test_other_kinds_of_dataclass_are_refused() -> None:
    with pytest.raises(TypeError):
        dataclass(frozen=True, slots=False, kw_only=True)
