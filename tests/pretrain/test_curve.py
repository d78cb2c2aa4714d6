import xml.etree.ElementTree as ElementTree

from ttpa.pretrain.curve import draw_curve


def rows(steps: int) -> list[dict[str, float]]:
    made: list[dict[str, float]] = [
        {"step": step, "tokens": 1000, "learned_loss": 5 / (step + 1), "context_loss": 6.0} for step in range(steps)
    ]
    if made:
        made[-1] |= {"tool_names": 0.9, "exact": 0.5}
    return made


def test_the_picture_is_well_formed_and_names_what_was_measured() -> None:
    picture = draw_curve(rows(300))
    root = ElementTree.fromstring(picture)
    lines = root.findall("{*}polyline")
    assert len(lines) == 4
    assert "tool name 90 %" in picture
    assert "exact turn 50 %" in picture
    assert "values" not in picture


def test_the_last_loss_is_drawn_lowest() -> None:
    root = ElementTree.fromstring(draw_curve(rows(300)))
    heights = [float(point.split(",")[1]) for point in root.findall("{*}polyline")[0].attrib["points"].split()]
    assert heights[-1] == max(heights)
    assert heights[0] == min(heights)


def test_a_training_without_a_step_has_an_empty_picture() -> None:
    assert ElementTree.fromstring(draw_curve([])).tag.endswith("svg")
