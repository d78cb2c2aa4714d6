"""The process that tools run in: `python -m ttpa.tools.worker TARGET READ_FD WRITE_FD LIFE_FD MEMORY`.

Its first line gives the specs, why functions have none, and whether the tools tell a state; then it answers JSON
lines: `reset` restores the tools' initial state, `state` tells it, `call` executes one call, `leftovers` counts what
calls left behind that no reset takes away. A keeper ends it when its parent ends.
"""

import asyncio
import inspect
import json
import os
import resource
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import validate_call

from ttpa.errors import ToolError
from ttpa.tools.effects import effect_of
from ttpa.tools.keeper import descendants, stand_guard
from ttpa.tools.python_globals import Globals
from ttpa.tools.python_module import around, load_module, makes_instances, modules_beside, tool_functions
from ttpa.tools.python_tools import read_specs
from ttpa.tools.python_values import result_text, state_text
from ttpa.tools.results import cap, told

_LARGEST_FILE = 2**30
_ANYTHING = (Exception, asyncio.CancelledError)
"""What anybody's code may raise, but for what ends a process; a tool may await a task that was cancelled."""


def _callable(
    functions: Mapping[str, Callable[..., object]], runner: asyncio.Runner
) -> dict[str, Callable[..., object]]:
    """The functions, given what their type hints promise (dates, models) of the JSON that a model writes."""
    return {
        name: partial(_finish, runner, validate_call(_as_function(function))) for name, function in functions.items()
    }


def _as_function(function: Callable[..., object]) -> Callable[..., object]:
    """A function that calls it, where it is an object around one, as `functools.cache` makes: pydantic takes none."""
    return around(function) if hasattr(function, "__wrapped__") else function


def _finish(runner: asyncio.Runner, function: Callable[..., object], /, **arguments: object) -> object:
    """What the function gives, waited for where it is asynchronous."""
    result = function(**arguments)
    return runner.run(_wait_for(result)) if inspect.isawaitable(result) else result


async def _wait_for(result: Awaitable[object]) -> object:
    return await result


def run_call(function: Callable[..., object], arguments: dict[str, Any]) -> tuple[str, bool]:
    """The result as text for the model, and whether the call succeeded."""
    try:
        return cap(result_text(function(**arguments))), True
    except _ANYTHING as error:
        return cap(told(error)), False


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


class Tools:
    """A module's tools, described and called: a method for each request of the parent."""

    def __init__(self, module: ModuleType, folder: Path, runner: asyncio.Runner) -> None:
        """Describes the tools. Raises `ToolError` where two have one name."""
        self._module = module
        self._runner = runner
        found = tool_functions(module)
        self.specs, self.left_out = read_specs(found)
        offered = {spec.name: found[spec.name] for spec in self.specs}
        self.effects = [effect_of(function) for function in offered.values()]
        self.tells_state = callable(getattr(module, "state", None))
        self._functions = _callable(offered, runner)
        self._surroundings = Surroundings(folder)
        # A module that has a `reset` knows best what its state is.
        own = {module.__name__, *(str(getattr(function, "__module__", None)) for function in offered.values())}
        is_reset = callable(getattr(module, "reset", None))
        self._globals = Globals(partial(_with_state, module, own) if not is_reset else list[ModuleType])

    def answer(self, request: Mapping[str, Any]) -> tuple[str, bool]:
        """What the request gives, and whether it succeeded."""
        if request["op"] == "call":
            return run_call(self._functions[request["name"]], request["arguments"])
        asked = {"reset": self._reset, "state": self._state, "leftovers": self._leftovers}[request["op"]]
        try:
            return asked(), True
        except _ANYTHING as error:
            return cap(told(error)), False

    def _reset(self) -> str:
        """Restores the tools' initial state."""
        self._surroundings.restore()
        _finish(self._runner, getattr(self._module, "reset", lambda: None))
        if makes_instances(self._module):
            anew = tool_functions(self._module)
            self._functions = _callable({name: anew[name] for name in self._functions}, self._runner)
        return ""

    def _state(self) -> str:
        """What the module's `state()` gives, as JSON with sorted keys."""
        return state_text(_finish(self._runner, self._module.state))

    def _leftovers(self) -> str:
        """How many processes and tasks calls left behind, and whether variables hold something else."""
        tasks = len(asyncio.all_tasks(self._runner.get_loop()))
        return str(self._surroundings.leftovers() + tasks + self._globals.have_changed())


def _with_state(module: ModuleType, names: Iterable[str]) -> Iterable[ModuleType]:
    """The modules so named, and all others that came with the tools' one, as far as they are loaded by now."""
    return dict.fromkeys([*(sys.modules[name] for name in names if name in sys.modules), *modules_beside(module)])


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
            tools = Tools(load_module(target), folder, runner)
        except _ANYTHING as error:  # loading runs the user's module
            reply(error=cap(str(error) if isinstance(error, ToolError) else told(error)))
            return
        reply(
            specs=[spec.model_dump(mode="json") for spec in tools.specs],
            effects=tools.effects,
            left_out=tools.left_out,
            tells_state=tools.tells_state,
            process=process,
            folder=str(folder),
        )
        for line in requests:
            request = json.loads(line)
            content, ok = tools.answer(request)
            reply(number=request["number"], content=content, ok=ok)


def main(target: str, read_fd: int, write_fd: int, life_fd: int, memory: int) -> None:
    """Runs the tools behind a keeper."""
    folder = stand_guard(life_fd, (read_fd, write_fd))
    limit(memory)
    serve(target, folder, read_fd, write_fd)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
