"""The form of the policy that a run makes from nothing."""

from ttpa.records.record import Record


class ScratchConfig(Record):
    """The form of a policy that is trained from nothing; the defaults give about 2 million parameters."""

    vocabulary: int = 2048
    hidden_size: int = 192
    layers: int = 4
    heads: int = 4
    key_value_heads: int = 2
    feed_forward: int = 512
    max_length: int = 2048
    """Tokens that prompt and turn may have together."""
