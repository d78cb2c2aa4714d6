"""Publish: a trained policy's card, from the records of how it came about and what it does."""

from collections.abc import Mapping, Sequence

from ttpa.records.checkpoints import Checkpoint
from ttpa.records.evaluations import Difference, Evaluation, Measure, Measures
from ttpa.records.record import Record

_WEIGHTS = {
    "full": "All parameters were trained.",
    "lora": "Low-rank adapters were trained; they are merged into the weights.",
    "qlora": "Low-rank adapters were trained over four-bit weights; they are merged into the full ones.",
}
"""What is said of a run's `train.parameters`."""


class CardInputs(Record):
    """What the card of one policy tells."""

    name: str
    policy: str
    """Its name among the run's policies."""
    base: str
    """What the run started from."""
    base_on_hub: str | None
    """The same as a name on the hub, where it is one."""
    license: str
    ancestry: dict[str, Checkpoint]
    """The trainings that led to it, in order, the last one its own; by policy."""
    parameters: str
    """`full`, `lora` or `qlora`."""
    evaluation: Evaluation | None
    config: str
    """Everything the run was told, as JSON."""
    facts: dict[str, str]
    """Versions, seed and the like."""


def write_model_card(inputs: CardInputs) -> str:
    """The card in Markdown, with the header that a hub reads."""
    own = inputs.ancestry[inputs.policy]
    remarks = [remark for checkpoint in inputs.ancestry.values() for remark in checkpoint.remarks]
    lines = [
        *_header(inputs, own), "",
        f"# {inputs.name}", "",
        f"A model that calls tools: {inputs.base}, trained by `ttpa` ({', then '.join(inputs.ancestry)}).",
        f"{_WEIGHTS[inputs.parameters]} All weights are safetensors; plain `transformers` loads them.", "",
        "```python",
        "from transformers import AutoModelForCausalLM, AutoTokenizer", "",
        f'model, tokenizer = (kind.from_pretrained("{inputs.name}") for kind in (AutoModelForCausalLM, AutoTokenizer))',
        "```", "",
        "## Training", "",
        *_trainings(inputs.ancestry), "",
        *(line for remark in remarks for line in (f"Beware: {remark}.", "")),
        "## Evaluation", "",
        *(_evaluation(inputs.evaluation, inputs.policy) if inputs.evaluation else ["This policy was not evaluated."]),
        "",
        "## How it was made", "",
        "| | |", "|---|---|",
        *(f"| {name} | {fact} |" for name, fact in inputs.facts.items()), "",
        "<details><summary>Everything the run was told</summary>", "",
        "```json", inputs.config, "```", "",
        "</details>", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _header(inputs: CardInputs, own: Checkpoint) -> list[str]:
    base = [f"base_model: {inputs.base_on_hub}"] if inputs.base_on_hub else []
    return [
        "---",
        f"license: {inputs.license}",
        *base,
        "library_name: transformers",
        "pipeline_tag: text-generation",
        f"tags: [tool-use, function-calling, ttpa, trl, {own.method}]",
        "---",
    ]


def _trainings(ancestry: Mapping[str, Checkpoint]) -> list[str]:
    return [
        "| policy | method | sequences or pairs | steps | tokens | trained parameters | SHA-256 of its data |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {policy} | {made.method} | {made.examples} | {made.steps} | {made.tokens} "
            f"| {made.trainable_parameters} | `{made.data_sha256 or 'not kept'}` |"
            for policy, made in ancestry.items()
        ),
    ]


def _evaluation(evaluation: Evaluation, own: str) -> list[str]:
    lines = [
        "Held-out turns, with 95 % bootstrap intervals: `test` holds new questions over known tools, `test_unseen`",
        "tools that no training dialogue offers. Exact: no error at all; folded: the same where case and punctuation",
        f"of strings do not count. SHA-256 of all prompts: `{evaluation.prompt_hash}`.", "",
        "| turns | policy | cases | exact | folded | right tools | mean score |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for group, by_policy in evaluation.groups.items():
        lines += [_row(group, policy, own, measures) for policy, measures in by_policy.items()]
    told = [one for one in evaluation.differences if one.policy == own]
    return [*lines, "", *_differences(told)] if told else lines


def _row(group: str, policy: str, own: str, measures: Measures) -> str:
    name = f"**{policy}** (this one)" if policy == own else policy
    shares = f"{_share(measures.exact)} | {_share(measures.tolerant)} | {_share(measures.names_right)}"
    return f"| {group} | {name} | {measures.cases} | {shares} | {measures.score.value:.3f} |"


def _differences(differences: Sequence[Difference]) -> list[str]:
    return [
        "| turns | exact, against | points | cases gained | lost |",
        "|---|---|---|---|---|",
        *(
            f"| {one.group} | {one.baseline} | {_points(one.exact)} | {one.gained} | {one.lost} |"
            for one in differences
        ),
    ]


def _points(measure: Measure) -> str:
    return f"{100 * measure.value:+.1f} ({100 * measure.low:+.1f} to {100 * measure.high:+.1f})"


def _share(measure: Measure) -> str:
    return f"{100 * measure.value:.1f} % ({100 * measure.low:.1f} to {100 * measure.high:.1f})"
