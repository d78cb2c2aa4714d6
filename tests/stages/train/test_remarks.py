"""What is said of a preference training that seems to go well."""

from ttpa.records.checkpoints import TrainStep
from ttpa.stages.train.remarks import find_ends, remark


def curve(chosen: list[float], rejected: list[float]) -> list[TrainStep]:
    """Log-probabilities of both sides; the rewards are a tenth of how far they moved."""
    return [
        TrainStep(
            step=step,
            loss=0.5,
            metrics={
                "logps/chosen": one,
                "logps/rejected": other,
                "rewards/chosen": (one - chosen[0]) / 10,
                "rewards/rejected": (other - rejected[0]) / 10,
            },
        )
        for step, (one, other) in enumerate(zip(chosen, rejected, strict=True))
    ]


def test_nothing_is_said_where_the_chosen_turns_gain() -> None:
    assert remark(curve([-9, -8, -7], [-9, -10, -12])) == ()


def test_nothing_is_said_of_methods_without_pairs() -> None:
    assert remark([TrainStep(step=n, loss=1.0) for n in range(5)]) == ()


def test_falling_chosen_turns_are_told() -> None:
    [fall, side] = remark(curve([-9, -10, -12], [-9, -15, -30]))
    assert fall.startswith("the chosen turns became less probable (log-probability -9.0 -> -12.0)")
    assert "train.dpo.nll_weight" in fall
    assert side.startswith("the margin comes from the rejected side alone")


def test_a_margin_of_the_rejected_side_alone_is_told() -> None:
    [side] = remark(curve([-9.0, -9.1, -9.1], [-9, -15, -30]))
    assert "(-9.0 -> -30.0), chosen ones no more probable" in side


def test_a_curve_is_told_by_its_first_and_last_sixth() -> None:
    assert find_ends([float(n) for n in range(12)]) == (0.5, 10.5)
    assert find_ends([3.0]) == (3.0, 3.0)
    assert find_ends([]) is None
