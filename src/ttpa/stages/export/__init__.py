"""Export: instructions -> rows that another trainer reads; a new format is one file and one line here."""

from ttpa.stages.export.axolotl import AXOLOTL
from ttpa.stages.export.base import ExportFormat
from ttpa.stages.export.card import CardCounts, write_card
from ttpa.stages.export.hugging_face import HUGGING_FACE
from ttpa.stages.export.llamafactory import LLAMAFACTORY
from ttpa.stages.export.ms_swift import MS_SWIFT
from ttpa.stages.export.openai import OPENAI
from ttpa.stages.export.trl import TRL
from ttpa.stages.export.verl import VERL

FORMATS: dict[str, ExportFormat] = {
    one.name: one for one in (OPENAI, HUGGING_FACE, TRL, LLAMAFACTORY, MS_SWIFT, AXOLOTL, VERL)
}

__all__ = ["FORMATS", "CardCounts", "ExportFormat", "write_card"]
