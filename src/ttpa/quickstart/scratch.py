"""The form of the policy that a run makes from nothing."""

from pydantic import Field

from ttpa.records.record import Record


class ScratchConfig(Record):
    """The form of a policy that is trained from nothing; the defaults give about 2 million parameters."""

    vocabulary: int = Field(default=2048, ge=300)
    hidden_size: int = Field(default=192, ge=32)
    layers: int = Field(default=4, ge=2)
    heads: int = Field(default=4, ge=1)
    key_value_heads: int = Field(default=2, ge=1)
    feed_forward: int = Field(default=512, ge=1)
    max_length: int = Field(default=2048, ge=1)
    """Tokens that prompt and turn may have together."""
