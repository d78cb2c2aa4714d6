"""The policy that comes with the package: where its files lie, and the word that a config calls it by."""

from pathlib import Path

EMBEDDED = "embedded"
FOLDER = Path(__file__).with_name("policy")
"""A checkpoint of plain transformers, with tokenizer, chat template and model card."""


def policy_path(base: str) -> str:
    """The checkpoint that `base` means: the embedded policy's folder, else `base` itself."""
    return str(FOLDER) if base == EMBEDDED else base
