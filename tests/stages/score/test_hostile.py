"""Whatever a candidate is: no crash, a finite score. `python -m faults.mutated` tries a million."""

import pytest

from faults.candidates import try_candidates


@pytest.mark.parametrize("seed", range(10))
def test_no_candidate_crashes_the_scorer_and_every_score_is_finite(seed: int) -> None:
    right = try_candidates(5_000, seed)
    assert 0 < right < 5_000, "the candidates are neither all right nor all wrong"
