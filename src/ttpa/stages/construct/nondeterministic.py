"""The tools whose results may differ from one time to the next, as a config names them and as they are offered."""

import re
from collections.abc import Mapping, Sequence

from ttpa.errors import ConfigError
from ttpa.stages.construct.config import ConstructConfig
from ttpa.tools.base import Toolset
from ttpa.tools.offer import legal_names

_SHOWN = 20
"""Names in a message."""


def name_nondeterministic(config: ConstructConfig, toolset: Toolset) -> ConstructConfig:
    """The same config, with the offer's names for the tools of `nondeterministic`.

    As in `tools.only`, they may be named by their own or by their legal names. Raises `ConfigError` for what is no tool
    on offer.
    """
    offered = [spec.name for spec in toolset.specs]
    named = tuple(_offered_name(name, offered, toolset.left_out) for name in config.nondeterministic)
    return config.model_copy(update={"nondeterministic": named})


def _offered_name(name: str, offered: Sequence[str], left_out: Mapping[str, str]) -> str:
    if name in offered:
        return name
    if name in left_out:
        raise ConfigError(f"construct.nondeterministic names {name!r}, which is left out: {left_out[name]}")
    [legal] = legal_names([name])
    # Of several names that become alike all but the first have a number behind.
    alike = [] if legal == name else [one for one in offered if re.fullmatch(rf"{re.escape(legal)}(_\d+)?", one)]
    if len(alike) > 1:
        raise ConfigError(f"construct.nondeterministic names {name!r}; say which it is of {', '.join(alike)}")
    if not alike:
        more = f" and {len(offered) - _SHOWN} more" if len(offered) > _SHOWN else ""
        there = ", ".join(sorted(offered)[:_SHOWN]) + more
        raise ConfigError(f"construct.nondeterministic names {name!r}, which is no tool on offer; there are {there}")
    return alike[0]
