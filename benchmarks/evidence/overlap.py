"""What pairs hold that their reference turns do not: how many chosen turns are the reference turn itself.

`python -m benchmarks.evidence.overlap [--out runs/evidence] [--seeds 0 1 2 3 4]`, over what `python -m
benchmarks.evidence --sets quickstart` has made. Where both sides of a pair begin as the reference turn does, and the
chosen one goes on as it does, fine-tuning on that turn already raises the chosen token at the fork and, as
probabilities add up to one, lowers the rejected one.
"""

import argparse
from pathlib import Path

from benchmarks.evidence.arms import ARMS, Arm
from benchmarks.evidence.data import make_fresh, make_start
from benchmarks.evidence.place import Place
from benchmarks.evidence.sets import SETS
from benchmarks.evidence.sizes import FULL

from ttpa.records.pairs import PreferencePair
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_records


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence.overlap", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs") / "evidence")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(FULL.seeds))
    options = parser.parse_args()
    places = [Place(options.out / "experiment", SETS["quickstart"], seed, FULL) for seed in options.seeds]
    print("| arm | pairs | part where the reference turn stands | chosen is the reference turn |")
    print("|---|---|---|---|")
    for arm in ARMS:
        if arm.method == "dpo" and arm.rounds == 1 and arm.data == "reversed" and arm.points == "fresh":
            found = [both for place in places for both in compare(place, arm)]
            if found:
                parted, chosen = (sum(each) / len(found) for each in zip(*found, strict=True))
                print(f"| {arm.says} | {len(found)} | {100 * parted:.1f} % | {100 * chosen:.1f} % |")


def compare(place: Place, arm: Arm) -> list[tuple[bool, bool]]:
    """Of each pair: whether the common part is the beginning of the reference turn, and whether the chosen turn is it.

    None where the arm is not done.
    """
    path = RunDirectory(place.unit(arm.name, "training") / "round-1" / "pairs").pairs
    if not path.exists():
        return []
    start = make_start(place, "reversed")
    tokenizer = start.parts.load_tokenizer(start.policy())
    points = {point.id: point for point in make_fresh(place, "reversed").points("train")}
    found: list[tuple[bool, bool]] = []
    for pair in read_records(path, PreferencePair):
        point = points[pair.tree_id]
        reference = tokenizer.turn_ids(point.history, point.tools, point.reference_turn())[1]
        shared = tuple(pair.shared_ids)
        found.append((reference[: len(shared)] == shared, reference == (*shared, *pair.chosen_ids)))
    return found


if __name__ == "__main__":
    main()
