"""The card of an exported dataset: what it is, where it comes from, what was left out and why."""

from collections import Counter
from collections.abc import Mapping

from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary

_MADE = "Multi-turn tool use, made in reverse by `ttpa`: calls that were really executed first, the question last."
_IMPORTED = "Multi-turn tool use, imported and checked by `ttpa`."


class CardCounts:
    """What a card counts, instruction by instruction."""

    def __init__(self) -> None:
        self.splits: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.tools: set[str] = set()
        self.sources: set[str] = set()
        self.left_out: Counter[str] = Counter()

    def leave_out(self, *what: str) -> None:
        self.left_out.update(what)

    def add(self, one: Instruction) -> None:
        self.splits[one.split] += 1
        self.kinds[one.kind] += 1
        self.tools.update(tool.name for tool in one.tools)
        self.sources.add(one.source)


def write_card(
    name: str,
    counts: CardCounts,
    files: Mapping[str, str],
    *,
    summary: StepSummary,
    facts: Mapping[str, str],
    license_name: str,
) -> str:
    """A card in Markdown, with the header that a hub reads; `files` are those of the splits, `facts` whatever else."""
    header = [
        "---",
        f"license: {license_name}",
        "task_categories: [text-generation]",
        "tags: [tool-use, function-calling]",
    ]
    header += ["configs:", "- config_name: default", "  data_files:"]
    for split, file in files.items():
        header += [f"  - split: {split}", f"    path: {file}"]
    lost = ", ".join(f"{count} {reason}" for reason, count in summary.discards.items()) or "none"
    lines = [
        *header, "---", "", f"# {name}", "",
        _MADE if summary.step == "construct" else _IMPORTED,
        "", "| | |", "|---|---|",
        f"| instructions | {counts.splits.total()}: {_list(counts.splits)} |",
        f"| kinds | {_list(counts.kinds)} |",
        f"| tools | {len(counts.tools)} |",
        f"| sources | {', '.join(sorted(counts.sources))} |",
        f"| planned, discarded | {summary.items_in}, {summary.items_in - summary.items_used} ({lost}) |",
        *([f"| left out | {_list(counts.left_out)} |"] if counts.left_out else []),
        *(f"| {name} | {fact} |" for name, fact in facts.items()),
        "",
        "`test` holds new instructions over known tools, `test_unseen` tools that no training instruction offers.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
