"""The process that tools run in: `python -m ttpa.tools.worker TARGET READ_FD WRITE_FD LIFE_FD MEMORY`.

Its first line gives the specs, and why functions have none; then it answers JSON lines: `reset` restores the tools'
initial state, `state` tells it, `call` executes one call, `leftovers` counts processes and tasks that calls left
behind. A keeper ends it when its parent ends.
"""

import asyncio
import importlib
import importlib.util
import inspect
import json
import os
import resource
import shutil
import sys
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set, ValuesView
from dataclasses import fields, is_dataclass
from functools import partial, partialmethod, singledispatchmethod, wraps
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pydantic import BaseModel, validate_call
from pydantic_core import SchemaSerializer, to_jsonable_python
from pydantic_core.core_schema import any_schema

from ttpa.errors import ToolError
from ttpa.tools.effects import effect, effect_of
from ttpa.tools.keeper import descendants, stand_guard
from ttpa.tools.python_tools import read_specs
from ttpa.tools.results import cap

_LARGEST_FILE = 2**30
_IN_PYTHON = SchemaSerializer(any_schema())
"""Takes models and dataclasses apart, in whatever they stand, and leaves their values as Python has them."""
_NOT_OWN = sys.stdlib_module_names | {"pydantic"}
"""Packages whose classes others derive theirs from."""


def load_module(target: str) -> ModuleType:
    """The module that `target` names: a path that ends in `.py`, or a dotted name. Importing it runs its code."""
    if not target.endswith(".py"):
        return importlib.import_module(target)
    path = Path(target).resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ToolError(f"no file {target!r}")
    sys.path.insert(0, str(path.parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def tool_functions(module: ModuleType) -> dict[str, Callable[..., object]]:
    """The module's tools by their names: its `TOOLS`, else every public function that it defines, in that order.

    A class in `TOOLS` stands for the public methods of a new instance of it; where two of its tools and others share a
    name, a method is called `Class.method`.
    """
    found: list[tuple[str, Callable[..., object]]] = []
    for called, item in _listed(module):
        if inspect.isclass(item):
            found.extend((f"{item.__name__}.{name}", method) for name, method in _methods(item))
        else:
            found.append((called, item))
    last_parts = Counter(name.rpartition(".")[2] for name, _ in found)
    functions: dict[str, Callable[..., object]] = {}
    for name, function in found:
        short = name.rpartition(".")[2]
        chosen = name if last_parts[short] > 1 else short
        if chosen in functions:
            raise ToolError(f"two tools are named {chosen!r}; every tool needs a name of its own")
        functions[chosen] = function
    return functions


def _methods(kind: type) -> list[tuple[str, Callable[..., object]]]:
    """The public methods of a new instance, by name: functions, and what a decorator made of one.

    The latter count where the class or a base of the user's own holds them: nobody meant `fromkeys` or
    `model_validate` as a tool. A property is no method, so none is evaluated.
    """
    instance: object = kind()
    names = {name for name, _ in inspect.getmembers(kind, inspect.isfunction)}
    for base in kind.__mro__:  # a file of tools may be named as a module of Python's is
        if base.__module__ == kind.__module__ or base.__module__.partition(".")[0] not in _NOT_OWN:
            names.update(name for name in vars(base) if _is_method(inspect.getattr_static(kind, name)))
    found: list[tuple[str, Callable[..., object]]] = []
    for name in sorted(name for name in names if not name.startswith("_")):
        method = getattr(instance, name)
        marked = effect_of(inspect.getattr_static(kind, name))
        if marked not in ("none", effect_of(method)):  # `@effect` above `@classmethod` marks what the method lies in
            method = effect(marked)(_around(method))
        found.append((name, method))
    return found


def _is_method(attribute: Any) -> bool:
    """Whether a class's attribute, as the class holds it, is a method: no class or other type, no property."""
    if isinstance(attribute, classmethod | partialmethod | singledispatchmethod):
        return True  # though it cannot be called as the class holds it
    is_type = inspect.isclass(attribute) or type(attribute).__module__ in ("types", "typing")
    return callable(attribute) and not is_type


def _listed(module: ModuleType) -> list[tuple[str, Any]]:
    """What the module offers, by name: functions, and classes of them."""
    listed = getattr(module, "TOOLS", None)
    if listed is not None:
        return [(getattr(item, "__name__", repr(item)), item) for item in cast("Sequence[Any]", listed)]
    return [
        (name, item)
        for name, item in vars(module).items()
        if _is_own(item, module) and not name.startswith("_") and name not in ("reset", "state")
    ]


def _is_own(item: object, module: ModuleType) -> bool:
    """Whether it can be called and the module made it: no class or other type, and nothing imported."""
    if inspect.isclass(item) or not callable(item) or type(item).__module__ == "typing":
        return False
    return isinstance(item, partial) or getattr(item, "__module__", None) == module.__name__  # a partial tells none


def _callable(
    functions: Mapping[str, Callable[..., object]], runner: asyncio.Runner
) -> dict[str, Callable[..., object]]:
    """The functions, given what their type hints promise (dates, models) of the JSON that a model writes."""
    return {
        name: partial(_finish, runner, validate_call(_as_function(function))) for name, function in functions.items()
    }


def _as_function(function: Callable[..., object]) -> Callable[..., object]:
    """A function that calls it, where it is an object around one, as `functools.cache` makes: pydantic takes none."""
    return _around(function) if hasattr(function, "__wrapped__") else function


def _around(function: Callable[..., object]) -> Callable[..., object]:
    @wraps(function)
    def call(*arguments: object, **named: object) -> object:
        return function(*arguments, **named)

    return call


def _finish(runner: asyncio.Runner, function: Callable[..., object], /, **arguments: object) -> object:
    """What the function gives, waited for where it is asynchronous."""
    result = function(**arguments)
    return runner.run(_wait_for(result)) if inspect.isawaitable(result) else result


async def _wait_for(result: Awaitable[object]) -> object:
    return await result


def run_call(function: Callable[..., object], arguments: dict[str, Any]) -> tuple[str, bool]:
    """The result as text for the model, and whether the call succeeded."""
    try:
        result = function(**arguments)
        if not isinstance(result, str):
            result = json.dumps(result, ensure_ascii=False, allow_nan=False, default=_plain)
    except Exception as error:  # a tool is anybody's code and may raise anything: that is its result
        return cap(f"{type(error).__name__}: {error}"), False
    return cap(result), True


def _plain(value: object) -> object:
    """A date, a model and the like as JSON has it; a set has no order, so its text would change from run to run."""
    if _holds_set(_IN_PYTHON.to_python(value)):  # as JSON it would be a list like others
        raise TypeError("Object of type set is not JSON serializable; a sorted list would be")
    return to_jsonable_python(value)


def _holds_set(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_set, cast("dict[object, object]", value).values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_set, cast("Sequence[object]", value)))
    return isinstance(value, set | frozenset)


def read_state(module: ModuleType, runner: asyncio.Runner) -> tuple[str, bool]:
    """What the module's `state()` gives, as JSON with sorted keys; not ok where there is none, or it fails."""
    tell = getattr(module, "state", None)
    if not callable(tell):
        return "", False
    try:
        return _text(_in_order(_finish(runner, tell))), True
    except Exception as error:  # anybody's code
        return f"{type(error).__name__}: {error}", False


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _in_order(value: object, above: frozenset[int] = frozenset()) -> object:
    """A value as JSON has it, sets sorted in whatever they stand: their order is another in each process.

    A dataclass or model gives the fields that it prints, below its name, for others may have the same; the rest is
    as it prints itself. `_IN_PYTHON` would not do here: it fails where a dataclass is in a set.
    """
    if isinstance(value, str | int | float | None):
        return value
    if id(value) in above:
        return "..."  # as Python prints what holds itself
    within = partial(_in_order, above=above | {id(value)})
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value)
        if all(isinstance(key, str) for key in items) or all(isinstance(key, int | float) for key in items):
            return {key: within(item) for key, item in items.items()}
        return sorted(([within(key), within(item)] for key, item in items.items()), key=_text)  # JSON has no such keys
    if isinstance(value, Set):
        return sorted(map(within, cast("Set[object]", value)), key=_text)
    if isinstance(value, list | tuple | deque | ValuesView):
        return [within(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, BaseModel):
        return {type(value).__qualname__: within({str(name): item for name, item in value.__repr_args__()})}
    if is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: getattr(value, field.name) for field in fields(value) if field.repr}
        return {type(value).__qualname__: within(shown)}
    return str(value)


def limit(memory: int) -> None:
    """Keeps this process to so many bytes of address space, where not 0; no core file, and no file over a gigabyte."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


class Surroundings:
    """What stood around the tools once they were loaded: files in their folder, and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = set(folder.iterdir())
        self._processes = set(descendants(os.getpid()))

    def restore(self) -> None:
        """Goes back to the folder, and removes what calls wrote there."""
        os.chdir(self._folder)
        for path in set(self._folder.iterdir()) - self._files:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()

    def leftovers(self) -> int:
        """How many processes calls left behind."""
        return len(set(descendants(os.getpid())) - self._processes)


def serve(target: str, folder: Path, read_fd: int, write_fd: int) -> None:
    """Answers requests until the parent closes its end."""
    process = os.getpid()
    with (
        os.fdopen(read_fd, encoding="utf-8") as requests,
        os.fdopen(write_fd, "w", encoding="utf-8") as replies,
        asyncio.Runner() as runner,  # one for all calls: a connection that a tool keeps belongs to its event loop
    ):

        def reply(**fields: object) -> None:
            if os.getpid() != process:
                os._exit(0)  # a copy of this process, made by a tool that forked: one answer is enough
            replies.write(json.dumps(fields) + "\n")
            replies.flush()

        try:
            module = load_module(target)
            found = tool_functions(module)
            specs, left_out = read_specs(found)
            offered = {spec.name: found[spec.name] for spec in specs}
            functions = _callable(offered, runner)
        except Exception as error:  # loading runs the user's module, which may raise anything
            reply(error=f"{type(error).__name__}: {error}" if not isinstance(error, ToolError) else str(error))
            return
        surroundings = Surroundings(folder)
        reply(
            specs=[spec.model_dump(mode="json") for spec in specs],
            effects=[effect_of(function) for function in offered.values()],
            left_out=left_out,
            process=process,
            folder=str(folder),
        )
        for line in requests:
            request = json.loads(line)
            content, ok = "", True
            if request["op"] == "reset":
                surroundings.restore()
                try:
                    _finish(runner, getattr(module, "reset", lambda: None))
                    if any(inspect.ismethod(function) for function in offered.values()):
                        anew = tool_functions(module)  # with instances of their own
                        functions = _callable({name: anew[name] for name in offered}, runner)
                except Exception as error:  # anybody's code
                    content, ok = f"{type(error).__name__}: {error}", False
            elif request["op"] == "state":
                content, ok = read_state(module, runner)
            elif request["op"] == "leftovers":
                content = str(surroundings.leftovers() + len(asyncio.all_tasks(runner.get_loop())))
            else:
                content, ok = run_call(functions[request["name"]], request["arguments"])
            reply(number=request["number"], content=content, ok=ok)


def main(target: str, read_fd: int, write_fd: int, life_fd: int, memory: int) -> None:
    """Runs the tools behind a keeper."""
    folder = stand_guard(life_fd, (read_fd, write_fd))
    limit(memory)
    serve(target, folder, read_fd, write_fd)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
