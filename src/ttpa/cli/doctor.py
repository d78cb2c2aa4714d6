"""`ttpa doctor`: what the policy's template makes of the data."""

from dataclasses import asdict

import typer

from ttpa.assemble import assemble
from ttpa.cli.words import AsJson, Name, Overrides, Source, load, tell, tell_json
from ttpa.progress import SilentReporter
from ttpa.steps.doctor import examine
from ttpa.steps.run import Run


def doctor(source: Source, overrides: Overrides = None, name: Name = None, as_json: AsJson = False) -> None:
    """Look at what the policy's template makes of the data, token by token, before it is trained."""
    config = load(source, overrides, name)
    shown, findings = examine(Run(config, assemble(config), SilentReporter()))
    if as_json:
        tell_json({"turns": shown, "findings": [asdict(finding) for finding in findings]})
    else:
        for line in shown:
            tell(line)
        for finding in findings:
            tell(f"{'ok   ' if finding.is_good else 'WRONG'} {finding.text}")
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(1)
