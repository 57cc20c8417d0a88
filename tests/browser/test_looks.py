"""How the pages look and behave in the browser: sizes, colours, zoom, errors, requests."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.app import PAGES, AppPage

OpenWindow = Callable[..., AppPage]
PHONE = {"width": 390, "height": 844}

OVERFLOW = """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
    .map((element) => element.scrollWidth - element.clientWidth)"""
PLOT = "document.querySelector('.st-key-chart_tasks_completed_count .js-plotly-plot')"


def test_no_page_scrolls_sideways_on_a_phone(window: OpenWindow) -> None:
    phone = window(viewport=PHONE).go().publish().complete(1, 2, 3, 4, 5)
    expect(phone.nudge).to_be_visible()

    for path in PAGES:
        phone.go(path, user=phone.user)
        assert phone.page.evaluate(OVERFLOW) == [0, 0], f"{path} is wider than the screen"
        expect(phone.nudge).to_be_visible()


@pytest.mark.parametrize("width, height", [(1440, 900), (1024, 768), (960, 600), (390, 844)])
def test_nudge_count_and_pressed_button_are_in_sight_together(
    window: OpenWindow, width: int, height: int
) -> None:
    visitor = window(viewport={"width": width, "height": height}).go().publish()
    visitor.complete(1, 2, 3, 4, 5)
    count = visitor.page.get_by_test_id("stMetricValue").first
    for each in (visitor.nudge, count, visitor.button("complete_task")):
        expect(each).to_be_in_viewport(ratio=1)


def test_no_page_tells_the_console_of_an_error(window: OpenWindow) -> None:
    visitor = window().go().publish().complete(1)

    for path in PAGES:
        visitor.go(path, user=visitor.user)

    assert visitor.errors == []


def test_zoom_of_the_chart_survives_the_next_refresh(window: OpenWindow) -> None:
    board = window().go().publish().complete(1, 2)
    attributes = window().go("/attributes", user=board.user)
    area = attributes.keyed("chart_tasks_completed_count").locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    mouse, middle = attributes.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"] * 0.3, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.7, middle, steps=5)
    mouse.up()
    attributes.page.wait_for_function(f"() => {PLOT}?.layout.xaxis.autorange === false")
    zoomed = attributes.page.evaluate(f"{PLOT}.layout.xaxis.range")
    drawn_until = attributes.page.evaluate(f"{PLOT}.data[0].x[1]")

    board.complete(3)
    attributes.page.wait_for_function(
        f"until => {PLOT}?.data[0].x[1] !== until"
        f" && {PLOT}.data.find((trace) => trace.line?.shape === 'hv').y.at(-1) === 3",
        arg=drawn_until,
    )

    assert attributes.page.evaluate(f"{PLOT}.layout.xaxis.range") == zoomed


@pytest.mark.parametrize(
    ("scheme", "background", "ink"),
    [("light", "rgb(255, 255, 255)", "#120d24"), ("dark", "rgb(20, 17, 31)", "#f5f3fb")],
)
def test_pages_and_charts_are_drawn_in_the_colors_that_the_system_asks_for(
    window: OpenWindow, scheme: str, background: str, ink: str
) -> None:
    visitor = window(color_scheme=scheme).go().publish().complete(1)
    visitor.go("/attributes", user=visitor.user)

    expect(visitor.page.get_by_test_id("stApp")).to_have_css("background-color", background)
    visitor.page.wait_for_function(f"() => {PLOT} !== null")
    assert visitor.page.evaluate(f"{PLOT}.layout.font.color") == ink
