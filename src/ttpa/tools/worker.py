"""The process that tools run in: `python -m ttpa.tools.worker TARGET READ_FD WRITE_FD`.

Its first line gives the specs; then it answers JSON lines: `reset` restores the tools' initial state, `call` executes
one call. It ends when its parent does.
"""

import importlib
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pydantic import validate_call

from ttpa.errors import ToolError
from ttpa.tools.effects import effect_of
from ttpa.tools.python_tools import read_specs
from ttpa.tools.results import cap


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


def tool_functions(module: ModuleType) -> list[Callable[..., object]]:
    """The module's `TOOLS`, else every public function that it defines itself, in the order of their lines."""
    listed = getattr(module, "TOOLS", None)
    if listed is not None:
        return list(cast("Sequence[Callable[..., object]]", listed))
    own = [
        function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_") and name != "reset"
    ]
    return sorted(own, key=lambda function: function.__code__.co_firstlineno)


def run_call(function: Callable[..., object], arguments: dict[str, Any]) -> tuple[str, bool]:
    """The result as text for the model, and whether the call succeeded."""
    try:
        result = function(**arguments)
        content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, allow_nan=False)
    except Exception as error:  # a tool is anybody's code and may raise anything: that is its result
        return cap(f"{type(error).__name__}: {error}"), False
    return cap(content), True


def serve(target: str, read_fd: int, write_fd: int) -> None:
    """Answers requests until the parent closes its end."""
    with os.fdopen(read_fd, encoding="utf-8") as requests, os.fdopen(write_fd, "w", encoding="utf-8") as replies:

        def reply(**fields: object) -> None:
            replies.write(json.dumps(fields) + "\n")
            replies.flush()

        try:
            module = load_module(target)
            listed = tool_functions(module)
            specs = [spec.model_dump(mode="json") for spec in read_specs(listed)]
            # pydantic makes what the type hints promise (dates, models) of the JSON that a model writes.
            functions = {function.__name__: validate_call(function) for function in listed}
        except Exception as error:  # loading runs the user's module, which may raise anything
            reply(error=f"{type(error).__name__}: {error}" if not isinstance(error, ToolError) else str(error))
            return
        reply(specs=specs, effects=[effect_of(function) for function in listed])
        for line in requests:
            request = json.loads(line)
            if request["op"] == "reset":
                getattr(module, "reset", lambda: None)()
                reply(content="", ok=True)
            else:
                content, ok = run_call(functions[request["name"]], request["arguments"])
                reply(content=content, ok=ok)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
