"""The tools whose results may differ from one time to the next, as a config names them and as they are offered."""

from ttpa.errors import ConfigError
from ttpa.stages.construct.config import ConstructConfig
from ttpa.tools.base import Toolset

_SHOWN = 20
"""Names in a message."""


def name_nondeterministic(config: ConstructConfig, toolset: Toolset) -> ConstructConfig:
    """The same config, with the offer's names for the tools of `nondeterministic`.

    As in `tools.only`, they may be named by their own or by their offered names. Raises `ConfigError` for what is no
    tool on offer.
    """
    named = tuple(_offered_name(name, toolset) for name in config.nondeterministic)
    return config.model_copy(update={"nondeterministic": named})


def _offered_name(name: str, toolset: Toolset) -> str:
    if name in toolset.own_names:
        return name
    own = [offered for offered, original in toolset.own_names.items() if original == name]
    if len(own) == 1:
        return own[0]
    if own:
        raise ConfigError(f"construct.nondeterministic names {name!r}; say which it is of {', '.join(own)}")
    if name in toolset.left_out:
        raise ConfigError(f"construct.nondeterministic names {name!r}, which is left out: {toolset.left_out[name]}")
    more = f" and {len(toolset.own_names) - _SHOWN} more" if len(toolset.own_names) > _SHOWN else ""
    there = ", ".join(sorted(toolset.own_names)[:_SHOWN]) + more
    raise ConfigError(f"construct.nondeterministic names {name!r}, which is no tool on offer; there are {there}")
