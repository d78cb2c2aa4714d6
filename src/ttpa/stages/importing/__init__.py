"""Import: dialogues in OpenAI form -> instructions."""

from ttpa.stages.importing.repeats import ToldTurns
from ttpa.stages.importing.sources import name_sources
from ttpa.stages.importing.splits import ImportConfig, assign_splits
from ttpa.stages.importing.stage import import_dialogue

__all__ = ["ImportConfig", "ToldTurns", "assign_splits", "import_dialogue", "name_sources"]
