"""Takes the pictures of docs/images out of a report, in a headless Chromium: `python docs/take_pictures.py REPORT`.

Needs `chromium` and `chromedriver`; run from the repository's root, so that the tests' browser is found.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.stages.report.browser import Browser

SHOTS = {"tree": "explorer", "errors": "errors", "other": "other"}
"""Name of the picture -> where the page is scrolled to."""


def main() -> None:
    """Writes `docs/images/NAME-light.png` and `-dark.png`."""
    report = Path(sys.argv[1])
    for scheme in ("light", "dark"):
        with Browser(scheme=scheme, height=960) as browser:
            browser.open(report)
            for name, anchor in SHOTS.items():
                if not browser.run("return document.getElementById(arguments[0]) !== null", anchor):
                    continue  # a report that is not held against another run has no such section
                browser.run("document.getElementById(arguments[0]).scrollIntoView()", anchor)
                browser.picture(Path(__file__).parent / "images" / f"{name}-{scheme}.png")


if __name__ == "__main__":
    main()
