import xml.etree.ElementTree as ElementTree

from ttpa.line_plot import Line, draw_lines


def drawn(lines: list[Line]) -> ElementTree.Element:
    return ElementTree.fromstring(draw_lines("A < B", lines, x_label="step", x_text=lambda x: f"{x:.0f}"))


def heights(line: ElementTree.Element) -> list[float]:
    return [float(point.split(",")[1]) for point in line.attrib["points"].split()]


def test_every_line_is_drawn_and_named() -> None:
    root = drawn([Line("up & down", "red", [(1, 0.2), (2, 0.4)]), Line("flat", "blue", [(1, 0.3), (2, 0.3)])])
    up, flat = root.findall("{*}polyline")
    assert heights(up)[0] > heights(flat)[0] > heights(up)[1]  # heights count from the top
    assert {"up & down", "flat", "A < B", "step"} <= {text.text for text in root.iter()}


def test_a_share_is_drawn_on_an_axis_that_ends_at_one() -> None:
    loss, share = drawn([Line("loss", "red", [(1, 8)]), Line("share", "blue", [(1, 1)], is_share=True)]).findall(
        "{*}polyline"
    )
    assert heights(loss) == heights(share)
    assert "stroke-dasharray" in share.attrib


def test_a_long_line_is_drawn_by_the_means_of_its_parts() -> None:
    [line] = drawn([Line("long", "red", [(x, x % 2) for x in range(1000)])]).findall("{*}polyline")
    assert len(heights(line)) <= 120
    assert len(set(heights(line)[:-1])) <= 2
