"""Takes the pictures of docs/images in a headless Chromium: `python docs/take_pictures.py RUN [OTHER]`.

RUN is a run's folder; its page is written anew, and held against OTHER, another run's, for the picture of two runs.
Neither folder is written to. Needs `chromium` and `chromedriver`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.stages.report.browser import Browser

from ttpa.assemble import assemble
from ttpa.config import load_config
from ttpa.progress import SilentReporter
from ttpa.stages.report import report
from ttpa.steps.report import gather
from ttpa.steps.run import Run

SHOTS = {"tree": "explorer", "errors": "errors", "other": "other"}
"""Name of the picture -> what the page is scrolled to."""
SHOW_A_REPAIR = """
const isRight = (branch) => branch.verdict.tone === "right";
const repairs = (fork) => !/^(structure|text)/.test(fork.wavers) && fork.branches.some(isRight);
const found = cards.findIndex((card) => card.trunks.some((trunk) => trunk.forks.length && repairs(trunk.forks[0])));
show(Math.max(found, 0));
"""
"""A turn whose first fork is at a name or a value, with a branch that is right."""


def main(run: str, other: str = "") -> None:
    """Writes `docs/images/NAME-light.png` and `-dark.png`, and says which."""
    images = Path(__file__).parent / "images"
    with TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(_page(Path(run).resolve(), other), encoding="utf-8")
        for scheme in ("light", "dark"):
            with Browser(scheme=scheme, height=1060) as browser:
                browser.open(page)
                browser.run("document.querySelector('nav').style.display = 'none';" + SHOW_A_REPAIR)
                for name, anchor in SHOTS.items():
                    if not browser.run("return document.getElementById(arguments[0]) !== null", anchor):
                        continue  # no other run was named
                    browser.run("document.getElementById(arguments[0]).scrollIntoView({behavior: 'instant'})", anchor)
                    browser.picture(images / f"{name}-{scheme}.png")
                    sys.stdout.write(f"{images / f'{name}-{scheme}.png'}\n")


def _page(run: Path, other: str) -> str:
    words = [f"report.against={str(Path(other).resolve())!r}"] if other else []
    config = load_config(str(run), words)
    return report(gather(Run(config, assemble(config), SilentReporter())), config.report)


if __name__ == "__main__":
    main(*sys.argv[1:])
