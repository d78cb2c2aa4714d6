"""Where a run's instructions come from, in the words of its report and of the cards of its dataset and policies."""

from pathlib import Path

from ttpa.steps.run import Run


def tell_origin(run: Run) -> dict[str, str]:
    """The source of the tools and the generator; imported dialogues bring their own tools and had none."""
    if run.is_imported:
        return {"tools from": "the dialogues", "generator": "none"}
    tools, generator = run.config.tools, run.config.generator
    # Cards are published: of a file, its name tells enough.
    module = f", {Path(tools.module).name}" if tools.source == "python" else ""
    return {"tools from": f"{tools.source}{module}", "generator": generator.model or generator.kind}
