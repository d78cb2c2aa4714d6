"""The card of an exported dataset: what it is, where it comes from, what was left out and why."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary

_MADE = "Multi-turn tool use, made in reverse by `ttpa`: calls that were really executed first, the question last."
_IMPORTED = "Multi-turn tool use, imported and checked by `ttpa`."


def write_card(
    name: str,
    instructions: Sequence[Instruction],
    files: Mapping[str, str],
    *,
    summary: StepSummary,
    facts: Mapping[str, str],
    license_name: str,
) -> str:
    """A card in Markdown, with the header that a hub reads; `files` are those of the splits, `facts` whatever else."""
    splits = Counter(one.split for one in instructions)
    kinds = Counter(one.kind for one in instructions)
    tools = {tool.name for one in instructions for tool in one.tools}
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
        f"| instructions | {len(instructions)}: {', '.join(f'{n} {split}' for split, n in splits.most_common())} |",
        f"| kinds | {', '.join(f'{n} {kind}' for kind, n in kinds.most_common())} |",
        f"| tools | {len(tools)} |",
        f"| sources | {', '.join(sorted({one.source for one in instructions}))} |",
        f"| planned, discarded | {summary.items_in}, {summary.items_in - summary.items_used} ({lost}) |",
        *(f"| {name} | {fact} |" for name, fact in facts.items()),
        "",
        "`test` holds new instructions over known tools, `test_unseen` tools that no training instruction offers.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)
