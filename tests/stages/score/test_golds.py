"""Public data sets: golds score 1 or hold errors of the data, and labelled mutations are found as what they are."""

from collections import Counter
from typing import Any

import pytest

from ttpa.records.scores import ErrorKind
from ttpa.stages.score import CompiledTools, Mutant, TurnScorer, mutate, schema_problems, score_turn

Records = dict[str, list[dict[str, Any]]]

_DATA_ERRORS = {
    ErrorKind.WRONG_TYPE,  # `"2"` for an integer, `$var1.id$` for a number
    ErrorKind.MISSING_REQUIRED,
    ErrorKind.UNKNOWN_ARGUMENT,
    ErrorKind.UNKNOWN_TOOL,
    ErrorKind.INVALID_VALUE,  # `""` for an enum
}
"""What a gold can have wrong under its own schema; all other kinds would be the scorer's errors."""

_LABELLED = ("bfcl_simple_python", "bfcl_multiple", "bfcl_parallel", "bfcl_parallel_multiple", "seal_dev")


def test_a_gold_scores_one_against_itself_or_breaks_its_own_schema(records: Records) -> None:
    counts: Counter[str] = Counter()
    for record in (each for group in records.values() for each in group):
        gold = record["reference_calls"]
        if any(isinstance(call["arguments"], str) for call in gold):  # two golds of ToolAlpaca are broken text
            with pytest.raises(ValueError, match="not JSON"):
                score_turn(gold, gold, record["tools"])
            counts["unreadable"] += 1
            continue
        verdict = score_turn(gold, gold, record["tools"], acceptable=record.get("extra", {}).get("acceptable"))
        counts["right" if verdict.score == 1.0 else "faulty"] += 1
        assert {error.kind for error in verdict.errors} <= _DATA_ERRORS
    assert counts["unreadable"] == 2
    assert counts["right"] / sum(counts.values()) > 0.93


def test_every_published_schema_compiles_or_says_what_is_wrong(records: Records) -> None:
    for record in (each for group in records.values() for each in group[:100]):
        for tool in record["tools"]:
            assert all(isinstance(problem, str) for problem in schema_problems(tool))


@pytest.mark.parametrize("strings", ["exact", "folded"])
def test_labelled_mutations_of_public_golds_are_found_as_exactly_what_they_are(records: Records, strings: Any) -> None:
    found: Counter[ErrorKind] = Counter()
    made: Counter[ErrorKind] = Counter()
    for name in _LABELLED:
        for seed, record in enumerate(records[name]):
            tools = CompiledTools(record["tools"])
            gold = record["reference_calls"]
            acceptable = record.get("extra", {}).get("acceptable") if strings == "folded" else None
            scorer = TurnScorer(gold, tools, acceptable=acceptable, strings=strings)
            if scorer.score_calls(gold).score < 1.0:
                continue
            for mutant in mutate(gold, tools, seed=seed, acceptable=acceptable):
                made[mutant.kind] += 1
                found[mutant.kind] += _is_found(mutant, scorer)
    assert set(made) == set(ErrorKind) - {ErrorKind.UNNEEDED_CALL}, "only golds without calls leave room for that one"
    assert all(found[kind] >= 0.99 * made[kind] for kind in made), (found, made)


def _is_found(mutant: Mutant, scorer: TurnScorer) -> bool:
    if mutant.calls is None:
        return mutant.kind is ErrorKind.MALFORMED
    verdict = scorer.score_calls(mutant.calls)
    return [(error.kind, error.path) for error in verdict.errors] == [(mutant.kind, mutant.path)]
