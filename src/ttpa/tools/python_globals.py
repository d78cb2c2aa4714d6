"""What a module of tools keeps from call to call in its variables: whether it is still what it was."""

import hashlib
import pickle
import warnings
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, ModuleType

_LONGEST = 1 << 20
"""Bytes of a pickled variable: what is larger is rather data than state, and is looked at only once."""

_CODE = (ModuleType, FunctionType, type, classmethod, staticmethod, property)


class Globals:
    """The variables of modules and of the classes that they define, as they were when this was made.

    Seen is what `pickle` can hold in a megabyte, so neither open connections nor large tables: a client that is made at
    the first call is no change.
    """

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        self._modules = list(modules)
        self._before = {place: told for place, value in self._variables() if (told := _hash(value)) is not None}

    def have_changed(self) -> bool:
        """Whether one that was seen then and is seen now holds something else."""
        seen = ((place, value) for place, value in self._variables() if place in self._before)
        return any(_hash(value) not in (None, self._before[place]) for place, value in seen)

    def _variables(self) -> Iterator[tuple[str, object]]:
        return (each for module in self._modules for each in _variables(module))


def _variables(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The variables of a module and of its own classes, with their places."""
    for name, value in _plain(vars(module)):
        yield f"{module.__name__}.{name}", value
    for kind in list(vars(module).values()):
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            for name, value in _plain(vars(kind)):
                yield f"{module.__name__}.{kind.__qualname__}.{name}", value


def _plain(held: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """What is no code and not Python's own."""
    return (one for one in list(held.items()) if not one[0].startswith("__") and not isinstance(one[1], _CODE))


def _hash(value: object) -> str | None:
    """None where it cannot be pickled, or is too long."""
    digest = _Digest()
    try:
        with warnings.catch_warnings(action="ignore"):  # of what will not be pickled in a later Python
            pickle.Pickler(digest, protocol=5).dump(value)
    except Exception:  # anybody's classes are asked
        return None
    return digest.told()


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
