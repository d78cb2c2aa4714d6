"""Where a policy is published for others to load."""

from pathlib import Path
from typing import Protocol


class Hub(Protocol):
    """Takes folders under a name, and keeps them private unless it is told otherwise."""

    def upload(self, folder: Path, name: str, *, public: bool, message: str) -> str:
        """Puts the files of `folder` under `name`, which is made where it is missing; gives its address.

        Raises `ModelError` where it cannot, and where what is meant to be private would be public.
        """
        ...
