"""What was measured, each figure beside the command that tells it. The sizing model is fitted to these."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """Amounts of one instance and of what becomes of it, and processor seconds."""

    # benchmarks/generator_server.py, 400 instances; tokens are characters / 4, as its server counts them
    requests: float = 1884 / 400
    """Of the generator, for an instance."""
    prompt_tokens: float = 1_190_974 / 400
    completion_tokens: float = 79_216 / 400
    """Of the played generator, for an instance."""

    # `make demo`: the accounts of runs/quickstart (`ttpa status quickstart`), and its records
    train_share: float = 1034 / 1300
    """Of the instances."""
    turns: float = 2804 / 1034
    """Decision points of a train instance."""
    held_out_turns: float = (354 + 278) / 1300
    """Decision points of test and test_unseen, for an instance."""
    prefilled: float = 123_994 / 300
    """Tokens that sampling reads for a turn; branches share the turn's prompt."""
    decoded: float = 34_805 / 300
    """Tokens that sampling says for a turn, branches included."""
    sequences: float = 918 / 300
    """Candidates of a turn: its own, and one a branch."""
    pairs: float = 345 / 300
    """Of a sampled turn."""
    sft_tokens: float = 533_506 / 1034
    """Of a train instance."""
    pair_tokens: float = 296_943 / 345
    """Of a pair, both sides."""
    pair_nodes: float = 83_921 / 345
    """Of a pair, as a forest of eight (`ttpa doctor quickstart`)."""
    evaluated: float = 3
    """Policies that are asked at held-out turns: sft, its control, and the aligned one."""
    characters_a_token: float = 2.54
    """Of the embedded tokenizer, over the prompts of that run."""
    construct_seconds: float = 40.991 / 1300
    """Of one core for an instance, the offline generator's included (`ttpa status quickstart`)."""

    # benchmarks/storage.py, processor time of a turn; as long at 10,000 instances as at 100,000
    score_seconds: float = 0.68e-3
    pair_seconds: float = 2.2e-3

    # processor time of the command's own process for a turn where two workers of Ray score 4,000 of them: it reads and
    # writes the records, and hands them over; of pairs it is taken to be the same
    hand_out_seconds: float = 0.91e-3


MEASURED = Measured()
