"""Gold calls made once more, apart from construction: part of the benchmarks beside it."""

from collections.abc import Sequence

from ttpa.models.recorded_chat import ForgetfulStore
from ttpa.models.spending import Spending
from ttpa.records.instructions import Instruction
from ttpa.steps.run import Run


def reproduced(run: Run, made: Sequence[Instruction]) -> str:
    """How many gold calls give the same in a toolset that is opened anew; those that may differ are counted apart."""
    may_differ = set(run.config.construct_.nondeterministic)
    same = total = others = 0
    generator = run.config.generator
    spending = Spending(generator.budget, generator.prices)
    with run.parts.open_toolset(ForgetfulStore(), spending) as toolset:
        for one in made:
            with toolset.session() as session:
                for step in one.steps:
                    for call, result in zip(step.calls, step.results, strict=True):
                        again = session.run(call)
                        if call.name in may_differ:
                            others += again.ok
                            continue
                        total += 1
                        same += again == result
    told = f"{same} of {total}"
    return f"{told}, and {others} of tools that may differ succeed" if others else told
