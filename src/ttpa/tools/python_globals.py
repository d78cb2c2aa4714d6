"""What modules of tools keep from call to call in their variables: whether it is still what it was."""

import hashlib
import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Lock, RLock
from types import FunctionType, ModuleType
from typing import Any

_LONGEST = 1 << 20
"""Bytes of a pickled variable: what is larger is rather data than state, and is looked at only once."""

_CODE = (ModuleType, FunctionType, type, classmethod, staticmethod, property)
_STATELESS = (ModuleType, FunctionType, type, type(Lock()), type(RLock()))
"""What a value may hold that `pickle` takes not, or by a name alone, and that says nothing of a state."""
_NOT_THERE = ""


class Globals:
    """The variables of modules and of the classes and functions that they define, as they were when this was made.

    Seen is what `pickle` can hold in a megabyte, with whatever functions and locks are in it, so neither open
    connections nor large tables: a client that is made at the first call is no change.
    """

    def __init__(self, find_modules: Callable[[], Iterable[ModuleType]]) -> None:
        """`find_modules` gives the modules that are loaded when it is asked."""
        self._find_modules = find_modules
        self._before = {place: _hash(value) for place, value in self._variables()}

    def have_changed(self) -> bool:
        """Whether one that is seen was not there then, or was seen and held something else."""
        for place, value in self._variables():
            before = self._before.get(place, _NOT_THERE)
            if before is not None and _hash(value) not in (None, before):
                return True
        return False

    def _variables(self) -> Iterator[tuple[str, object]]:
        return (each for module in self._find_modules() for each in _variables(module))


def _variables(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The variables of a module and of its own classes and functions, with their places."""
    for name, value in _plain(vars(module)):
        yield f"{module.__name__}.{name}", value
    for holder in list(vars(module).values()):
        if isinstance(holder, type | FunctionType) and holder.__module__ == module.__name__:
            for name, value in _plain(vars(holder)):
                yield f"{module.__name__}.{holder.__qualname__}.{name}", value


def _plain(held: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """What is no code and not Python's own."""
    return (one for one in list(held.items()) if not one[0].startswith("__") and not isinstance(one[1], _CODE))


def _hash(value: object) -> str | None:
    """None where it cannot be pickled, or is too long."""
    digest = _Digest()
    try:
        with warnings.catch_warnings(action="ignore"):  # of what will not be pickled in a later Python
            _Pickler(digest, protocol=5).dump(value)
    except Exception:  # anybody's classes are asked
        return None
    return digest.told()


class _Pickler(pickle.Pickler):
    """Takes functions, classes and locks for what they are in this process, so a `defaultdict(lambda: 0)` is seen."""

    def reducer_override(self, obj: object, /) -> Any:
        if isinstance(obj, _STATELESS) and obj is not str:
            return str, (f"{type(obj).__name__} {id(obj)}",)
        return NotImplemented


class _Digest:
    """A file that keeps the hash of what is written to it, and takes no more than `_LONGEST` bytes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._length = 0

    def write(self, data: bytes) -> int:
        self._length += len(data)
        if self._length > _LONGEST:
            raise ValueError("too long")
        self._hash.update(data)
        return len(data)

    def told(self) -> str:
        return self._hash.hexdigest()
