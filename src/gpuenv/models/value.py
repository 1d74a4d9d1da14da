"""Makes the values of gpuenv: dataclasses for which no code is compiled.

`dataclasses.dataclass` writes the methods of a class as text and compiles it: half a millisecond a class. A command
knows some seventy values, and would take longer to define them than to use them. The decorator of this module makes
the same out of closures in a tenth of the time, and is written like the other:

    from gpuenv.models.value import dataclass

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Driver: ...

`field`, `fields`, `replace` and the rest of `dataclasses` work on what it makes as on any dataclass.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, field, fields, replace
from dataclasses import dataclass as dataclass_of_python
from operator import attrgetter, ge, gt, le, lt
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from dataclasses import dataclass

    Method = Callable[..., Any]

__all__ = ["dataclass"]

Decorated = TypeVar("Decorated", bound=type)


@dataclass_of_python(init=False, repr=False, eq=False)
class _Model:
    """A dataclass of Python's own, from which the others have what only `dataclasses` itself knows."""

    it: object


_PARAMETERS: Any = vars(_Model)["__dataclass_params__"]
_KIND: Any = vars(_Model)["__dataclass_fields__"]["it"]._field_type  # noqa: SLF001 - a field, no class variable


def dataclass_without_code(
    *, slots: bool, kw_only: bool, frozen: bool = False, eq: bool = True, order: bool = False
) -> Callable[[Decorated], Decorated]:
    """Decorate a class as `dataclasses.dataclass` does, which has more kinds: without slots, or with positions."""
    if not (slots and kw_only):
        raise TypeError("a value has slots and takes keywords")

    def finished(cls: Decorated) -> Decorated:
        made: Decorated = _with_slots(cls)
        every = fields(made)
        compared = _getter(field.name for field in every if field.compare)
        methods = {
            **_construction(made, every),
            **_copying(made, every),
            **_representation([field.name for field in every if field.repr]),
            **(_equality(compared) if eq else {}),
            **(_order(compared) if order else {}),
            **(_immutability() if frozen else {"__hash__": None} if eq else {}),
        }
        for name, method in methods.items():
            if name not in made.__dict__:
                setattr(made, name, method)
        return made

    return finished


if not TYPE_CHECKING:
    dataclass = dataclass_without_code  # type checkers take it for Python's own: it means the same


def _with_slots(cls: Decorated) -> Decorated:
    """Make the class anew with a slot for each field; methods that say `super()` would miss it."""
    inherited = {name: found for base in reversed(cls.__mro__[1:]) for name, found in _fields_of(base).items()}
    own = {name: _field(cls, name, annotation) for name, annotation in cls.__annotations__.items()}
    namespace = {name: content for name, content in vars(cls).items() if name not in own}
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    namespace["__slots__"] = tuple(name for name in own if name not in inherited)
    namespace["__match_args__"] = ()
    namespace["__replace__"] = replace
    namespace["__dataclass_params__"] = _PARAMETERS
    namespace["__dataclass_fields__"] = {**inherited, **own}
    made: Decorated = type(cls)(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    return made


def _fields_of(cls: type) -> Mapping[str, Field[Any]]:
    found: Mapping[str, Field[Any]] = vars(cls).get("__dataclass_fields__", {})
    return found


def _field(cls: type, name: str, annotation: object) -> Field[Any]:
    """Make the field of one annotation: there are no class variables among those of values."""
    default = vars(cls).get(name, MISSING)
    found: Any = default if isinstance(default, Field) else field(default=default)
    if found.default.__class__.__hash__ is None:
        raise ValueError(cls, name)  # all values would share the default: use `default_factory`
    found.name, found.type, found.kw_only, found._field_type = name, annotation, True, _KIND  # noqa: SLF001
    made: Field[Any] = found
    return made


def _construction(cls: type, every: Sequence[Field[Any]]) -> dict[str, Method]:
    """Make `__init__`."""
    taken = [(field, getattr(cls, field.name).__set__) for field in every if field.init]
    optional = [(field.name, put, field.default) for field, put in taken if field.default is not MISSING]
    made = [(field.name, put, field.default_factory) for field, put in taken if field.default_factory is not MISSING]
    known = {name for name, _, _ in (*optional, *made)}
    required = [(field.name, put) for field, put in taken if field.name not in known]
    names = frozenset(field.name for field, _ in taken)
    finish = getattr(cls, "__post_init__", None)

    def init(self: object, /, **given: object) -> None:
        try:
            for name, put in required:
                put(self, given[name])
        except KeyError as error:
            raise _misuse(cls, "misses the argument", error.args[0]) from None
        for name, put, default in optional:
            put(self, given.get(name, default))
        for name, put, make in made:
            put(self, given[name] if name in given else make())
        if len(given) != len(required) and not names.issuperset(given):
            raise _misuse(cls, "has no argument", min(given.keys() - names))
        if finish is not None:
            finish(self)

    return {"__init__": init}


def _copying(cls: type, every: Sequence[Field[Any]]) -> dict[str, Method]:
    """Make what fills copies and pickles."""
    setters = {field.name: getattr(cls, field.name).__set__ for field in every}

    def getstate(self: object) -> list[object]:
        return [getattr(self, name) for name in setters]

    def setstate(self: object, state: Iterable[object]) -> None:
        for put, content in zip(setters.values(), state, strict=True):
            put(self, content)

    return {"__getstate__": getstate, "__setstate__": setstate}


def _misuse(cls: type, complaint: str, argument: str) -> TypeError:
    return TypeError(f"{cls.__name__}() {complaint} {argument!r}")


def _immutability() -> dict[str, Method]:
    def setattribute(_self: object, name: str, _content: object) -> NoReturn:
        raise FrozenInstanceError(name)

    def delattribute(_self: object, name: str) -> NoReturn:
        raise FrozenInstanceError(name)

    return {"__setattr__": setattribute, "__delattr__": delattribute}


def _representation(names: Sequence[str]) -> dict[str, Method]:
    def represent(self: object) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({shown})"

    return {"__repr__": represent}


def _equality(compared: Method) -> dict[str, Method]:
    def equal(self: object, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(compared(self))

    return {"__eq__": equal, "__hash__": hashed}


def _order(compared: Method) -> dict[str, Method]:
    def ordered_by(is_in_order: Callable[[Any, Any], bool]) -> Method:
        def holds(self: object, other: object) -> bool:
            return is_in_order(compared(self), compared(other)) if other.__class__ is self.__class__ else NotImplemented

        return holds

    return {"__lt__": ordered_by(lt), "__le__": ordered_by(le), "__gt__": ordered_by(gt), "__ge__": ordered_by(ge)}


def _getter(names: Iterable[str]) -> Method:
    """Make a function that gives the fields as a tuple, or the only field itself."""
    listed = tuple(names)
    return attrgetter(*listed) if listed else lambda _: ()
