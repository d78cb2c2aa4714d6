"""What would stop a construction before its first plan, asked before anything of an earlier one is removed."""

from ttpa.models.recorded_chat import ForgetfulStore
from ttpa.models.spending import Spending
from ttpa.stages.construct import BenchmarkQuestions, name_nondeterministic, plan_construction
from ttpa.steps.run import Run


def check_construction(run: Run) -> None:
    """Opens the tools and the files of `construct.avoid`, and asks no model.

    Raises `ToolError` where the tools do not open, `ConfigError` where what the config says of them cannot be done, and
    `ModelError` where the offline generator does not know them.
    """
    config, generator = run.config.construct_, run.config.generator
    if config.avoid:
        BenchmarkQuestions(config.avoid)
    with run.parts.open_toolset(ForgetfulStore(), Spending(generator.budget, generator.prices)) as toolset:
        name_nondeterministic(config, toolset)
        plan_construction(toolset.specs, config, seed=run.config.seed, number=1)
        names = [spec.name for spec in toolset.specs]
    if generator.kind == "offline":
        from ttpa.quickstart.generator.offline import require_known  # all its knowledge, which other kinds do without

        require_known(names)
