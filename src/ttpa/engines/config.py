"""What a config says of where the work runs."""

from typing import Literal

from pydantic import Field

from ttpa.records.record import Record


class EngineConfig(Record):
    """Where construct, sample, score, pair and evaluate run; it changes no record."""

    kind: Literal["local", "ray"] = "local"
    """This process, or workers of a Ray cluster."""
    address: str = ""
    """Of the cluster; where empty, one is started on this machine and ends with the command."""
    workers: int = Field(default=2, ge=1)
    """Workers of Ray, each with a policy, or tools and a generator, of its own."""
    cpus: float = Field(default=1.0, gt=0)
    """Share of each worker."""
    gpus: float = Field(default=0.0, ge=0)
    """Share of each worker that holds a policy."""
