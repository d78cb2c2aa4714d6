"""The work runs on a Ray cluster: actors that open a worker once, and get as many items as they can hold."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import logging
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import ray
from ray import cloudpickle
from ray.exceptions import RayActorError

from ttpa.engines.base import Item, OpenWorker, Result
from ttpa.engines.config import EngineConfig
from ttpa.engines.ray_desk import RayDesk, result
from ttpa.errors import RunError
from ttpa.records.costs import Budget, Prices

_RESTARTS = 3
"""Processes of one worker that may die in a run, and tries that one item gets."""
_AHEAD = 4
"""Rounds of items that may be done, or in the making, before the first of them is given out."""
_INLINE = 50_000
"""Bytes of a worker that Ray hands over with the call itself."""
_CLOSING = 10.0
"""Seconds that a worker has to end what it holds."""


class WorkerActor:
    """A worker on the cluster; what it holds is opened by the first item, so that what goes wrong there is told."""

    def __init__(self, opening: bytes) -> None:
        self._open_worker: OpenWorker[Any, Any] = cloudpickle.loads(opening)
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._work: Callable[[Any], Any] | None = None

    def work(self, item: object) -> object:
        with self._lock:
            if self._work is None:
                self._work = self._stack.enter_context(self._open_worker())
        return self._work(item)

    def close(self) -> None:
        self._stack.close()


class RayEngine:
    """Runs items on `config.workers` actors, `threads` at a time on each.

    The item of a worker that dies is begun again by its successor; what was given out is not, and nothing is given out
    twice. Raises `RunError` where a worker dies again and again, or the cluster is too small.
    """

    is_here = False

    def __init__(self, config: EngineConfig, *, threads: int = 1, holds_policy: bool = False) -> None:
        self._config = config
        self._threads = threads
        self._gpus = config.gpus if holds_policy else 0.0

    def map(self, open_worker: OpenWorker[Item, Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results in order; no more items are taken ahead than a few for each worker."""
        self._join()
        opening: Any = cloudpickle.dumps(open_worker)
        if len(opening) > _INLINE:
            # Ray takes it apart from the call, and would drop it before a worker that is started anew needs it.
            opening = ray.put(opening)
        actors = [self._start(opening) for _ in range(self._config.workers)]
        try:
            yield from self._run(actors, items)
        finally:
            ray.wait([actor.close.remote() for actor in actors], num_returns=len(actors), timeout=_CLOSING)
            for actor in actors:
                ray.kill(actor)

    def open_desk(self, journal: Path, budget: Budget, prices: Prices) -> RayDesk:
        """The desk of a run, on this machine."""
        self._join()
        return RayDesk(journal, budget, prices, callers=self._config.workers * self._threads)

    def _run(self, actors: list[Any], items: Iterable[Any]) -> Iterator[Any]:
        # One item more than a worker does at a time waits there, so that none is idle between two.
        free = deque(actor for _ in range(self._threads + 1) for actor in actors)
        most = _AHEAD * len(free)
        running: dict[Any, Any] = {}
        ordered: deque[Any] = deque()
        for item in items:
            while not free or len(ordered) >= most:
                # Where the first one holds up all others, there is no use in waiting for any of them.
                awaited = list(running) if not free and len(ordered) < most else [ordered[0]]
                for done in ray.wait(awaited, num_returns=1)[0]:
                    free.append(running.pop(done))
                yield from self._give_out(ordered, running)
            actor = free.popleft()
            reference = actor.work.remote(item)
            running[reference] = actor
            ordered.append(reference)
        while ordered:
            running.pop(ordered[0], None)
            yield from self._give_out(ordered, running)

    def _give_out(self, ordered: deque[Any], running: dict[Any, Any]) -> Iterator[Any]:
        while ordered and ordered[0] not in running:
            try:
                yield result(ordered.popleft())
            except RayActorError as error:
                raise RunError(
                    f"a worker died {_RESTARTS + 1} times (out of memory, perhaps); what is finished is kept, "
                    "and the same command goes on from there"
                ) from error

    def _start(self, opening: Any) -> Any:
        return (
            ray.remote(WorkerActor)
            .options(
                num_cpus=self._config.cpus,
                num_gpus=self._gpus,
                max_concurrency=self._threads,
                max_restarts=_RESTARTS,
                max_task_retries=_RESTARTS,
            )
            .remote(opening)
        )

    def _join(self) -> None:
        """Joins the cluster, or starts one. Raises `RunError` where it cannot be reached, or is too small."""
        config = self._config
        cpus = config.workers * config.cpus
        if not ray.is_initialized():
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            here = None if config.address else max(os.cpu_count() or 1, math.ceil(cpus))
            try:
                ray.init(
                    address=config.address or "local",
                    include_dashboard=None if config.address else False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    num_cpus=here,
                )
            except ConnectionError as error:
                raise RunError(f"engine.address = {config.address!r}: no Ray cluster answers there") from error
            except Exception as error:  # Ray has no class of its own for a start that fails
                raise RunError(f"Ray did not start, or did not join its cluster: {error}") from error
        there = ray.cluster_resources()
        for resource, needed in (("CPU", cpus), ("GPU", config.workers * self._gpus)):
            if needed > there.get(resource, 0.0):
                raise RunError(
                    f"engine.workers = {config.workers} need {needed:g} {resource}s, and the Ray cluster has "
                    f"{there.get(resource, 0.0):g}; take fewer workers, or a smaller share of each"
                )
