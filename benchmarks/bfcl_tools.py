"""The executable multi-turn classes of the `bfcl-eval` package as tools: 128 of them, in eight classes.

`ttpa tools configs/quickstart.toml --set tools.module=benchmarks/bfcl_tools.py`, where `bfcl_eval` and `mpmath` can be
imported (`pip install --no-deps bfcl-eval mpmath`). Each class begins with its own empty scenario.
"""

from importlib import import_module

_SOURCES = "bfcl_eval.eval_checker.multi_turn_eval.func_source_code"
_CLASSES = {
    "gorilla_file_system": "GorillaFileSystem",
    "math_api": "MathAPI",
    "message_api": "MessageAPI",
    "posting_api": "TwitterAPI",
    "ticket_api": "TicketAPI",
    "trading_bot": "TradingBot",
    "travel_booking": "TravelAPI",
    "vehicle_control": "VehicleControlAPI",
}


def _begun(module: str, name: str) -> type:
    """The class, whose instances begin with a scenario."""
    base = getattr(import_module(f"{_SOURCES}.{module}"), name)

    class Begun(base):
        def __init__(self) -> None:
            super().__init__()
            if hasattr(self, "_load_scenario"):
                self._load_scenario({})

    Begun.__name__ = name
    return Begun


TOOLS = [_begun(module, name) for module, name in _CLASSES.items()]
