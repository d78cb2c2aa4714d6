"""A module of Python functions -> its tools by their names."""

import importlib
import importlib.util
import inspect
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial, partialmethod, singledispatchmethod, wraps
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from ttpa.errors import ToolError
from ttpa.tools.effects import effect, effect_of, mark_of

_INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of what others wrote, also where they lie below one's own."""
_NOT_BESIDE = sys.stdlib_module_names | {"ttpa", "__main__"}
"""Python's own modules, which may lie below as well, and ours."""
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


def modules_beside(module: ModuleType) -> Iterator[ModuleType]:
    """Modules that are loaded from its folder or its package, and from below; neither ours nor what is installed."""
    top = sys.modules.get(module.__name__.partition(".")[0], module)
    file = vars(top).get("__file__") or vars(module).get("__file__")
    if not file or (folder := Path(file).parent).name in _INSTALLED:
        return
    below = f"{folder}{os.sep}"
    loaded: dict[str, object] = {**sys.modules}
    for name, one in loaded.items():
        if not isinstance(one, ModuleType) or name.partition(".")[0] in _NOT_BESIDE:
            continue  # anything may stand among the modules
        place = str(vars(one).get("__file__"))
        if place.startswith(below) and _INSTALLED.isdisjoint(Path(place).relative_to(folder).parts):
            yield one


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


def makes_instances(module: ModuleType) -> bool:
    """Whether `tool_functions` gives methods of instances that it makes anew."""
    return any(inspect.isclass(item) for _, item in _listed(module))


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
        # `@effect` above `@classmethod` marks what the method lies in, and a static method knows nothing of its class.
        marked = mark_of(inspect.getattr_static(kind, name)) or mark_of(method) or mark_of(kind) or "none"
        if marked != effect_of(method):
            method = effect(marked)(around(method))
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
        items = enumerate(cast("Sequence[Any]", listed))
        return [(getattr(item, "__name__", f"TOOLS[{place}]"), item) for place, item in items]
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


def around(function: Callable[..., object]) -> Callable[..., object]:
    """A function that calls it, under its name and with its docstring and hints."""

    @wraps(function)
    def call(*arguments: object, **named: object) -> object:
        return function(*arguments, **named)

    return call
