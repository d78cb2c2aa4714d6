"""Amounts -> GPU seconds and money: what instances take, step by step, with a policy of some size."""

from dataclasses import dataclass

from benchmarks.scale.assumptions import Assumptions
from benchmarks.scale.measured import MEASURED, Measured
from benchmarks.scale.policies import Policy


@dataclass(frozen=True, slots=True)
class Amounts:
    """What so many instances come to."""

    instances: float
    requests: float
    """Of the generator."""
    prompt_tokens: float
    completion_tokens: float
    """Of the generator."""
    turns: float
    """That are sampled: all of train."""
    prefilled: float
    decoded: float
    """Tokens of sampling."""
    sft_tokens: float
    pairs: float
    pair_tokens: float
    """Of both sides of all pairs; what training that shares nothing would read."""
    pair_nodes: float
    """What is read of them as forests."""
    evaluated_turns: float
    """Held-out turns times policies."""
    evaluated_prefilled: float
    evaluated_decoded: float

    @property
    def context(self) -> float:
        """Tokens that a sequence has behind it where it is said, on average."""
        return (self.prefilled + self.decoded / 2) / self.turns


def count(instances: float, assumed: Assumptions, measured: Measured = MEASURED) -> Amounts:
    """Amounts of `instances`; the policy's tokens are those of a tokenizer with `characters_a_token`."""
    fewer = measured.characters_a_token / assumed.characters_a_token
    trained = instances * measured.train_share
    turns = trained * measured.turns
    pairs = turns * measured.pairs
    evaluated = instances * measured.held_out_turns * measured.evaluated
    return Amounts(
        instances=instances,
        requests=instances * measured.requests,
        prompt_tokens=instances * measured.prompt_tokens,
        completion_tokens=instances * measured.completion_tokens * assumed.longer_replies,
        turns=turns,
        prefilled=turns * measured.prefilled * fewer,
        decoded=turns * measured.decoded * fewer,
        sft_tokens=trained * measured.sft_tokens * fewer,
        pairs=pairs,
        pair_tokens=pairs * measured.pair_tokens * fewer,
        pair_nodes=pairs * measured.pair_nodes * fewer,
        evaluated_turns=evaluated,
        evaluated_prefilled=evaluated * measured.prefilled * fewer,
        evaluated_decoded=evaluated * measured.decoded / measured.sequences * fewer,
    )


def generator_money(amounts: Amounts, assumed: Assumptions) -> float:
    """What the generator is paid."""
    read, said = amounts.prompt_tokens * assumed.prompt_price, amounts.completion_tokens * assumed.completion_price
    return (read + said) / 1e6


def gpu_seconds(amounts: Amounts, policy: Policy, way: str, assumed: Assumptions) -> dict[str, float]:
    """GPU seconds of each step that needs the policy, where every GPU is busy.

    `way` is `train.parameters`. The control goes on with SFT for as many steps as DPO takes, so it reads a sequence for
    each pair.
    """

    def asked(prefilled: float, decoded: float) -> float:
        said = policy.decode_seconds(decoded, amounts.context, assumed)
        return policy.prefill_seconds(prefilled, assumed) + said

    control = amounts.pairs * amounts.sft_tokens / (amounts.instances * MEASURED.train_share)
    return {
        "sft": policy.training_seconds(amounts.sft_tokens, way, assumed),
        "sample": asked(amounts.prefilled, amounts.decoded),
        "align": policy.training_seconds(amounts.pair_nodes, way, assumed, referred=True),
        "control": policy.training_seconds(control, way, assumed),
        "evaluate": asked(amounts.evaluated_prefilled, amounts.evaluated_decoded),
    }


def gpu_money(seconds: float, assumed: Assumptions) -> float:
    """What so many GPU seconds cost."""
    return seconds / 3600 * assumed.gpu_hour
