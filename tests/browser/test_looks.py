"""How the pages look and behave in the browser: sizes, fingers, colors."""

from collections.abc import Callable

from playwright.sync_api import Browser, Locator, ViewportSize, expect

from tests.support.app import AppPage
from tests.support.app_server import Server

OpenWindow = Callable[..., AppPage]
PHONE = ViewportSize(width=390, height=844)
WINDOWS = [
    ViewportSize(width=width, height=height)
    for width, height in ((1440, 900), (1280, 720), (1024, 768), (960, 600), (390, 844))
]

COLORS = [
    ("light", "rgb(255, 255, 255)", "#120d24"),
    ("dark", "rgb(20, 17, 31)", "#f5f3fb"),
]
PLOT = "document.querySelector('.st-key-chart_tasks_completed_count .js-plotly-plot')"


def test_nudge_count_and_pressed_button_are_in_sight_together(window: OpenWindow) -> None:
    visitor = window(viewport=WINDOWS[0]).go().publish()
    for size in WINDOWS:
        visitor.page.set_viewport_size(WINDOWS[0])  # where there is room for the sidebar
        visitor.press("new_user").expect_count("—")
        visitor.page.set_viewport_size(size)
        visitor.complete(1, 2, 3, 4, 5)
        count = visitor.page.get_by_test_id("stMetricValue").first
        for each in (visitor.nudge, count, visitor.button("complete_task")):
            expect(each, f"at {size}").to_be_in_viewport(ratio=1)


def test_nudge_comes_into_sight_where_a_card_below_the_fold_is_pressed_and_once(
    window: OpenWindow,
) -> None:
    board = window(viewport=PHONE).go().publish().complete(1, 2, 3, 4)
    board.press("complete_task-9")
    expect(board.nudge).to_be_in_viewport(ratio=1)

    board.press("complete_task-8")
    board.expect_count(6)
    expect(board.nudge).not_to_be_in_viewport()


# What has moved is there twice while a page is drawn again; the old one is not seen.
SIZES = """() => [...document.querySelectorAll(
        '[class*=st-key-complete_task-] button, .st-key-done li')]
    .filter((each) => !each.closest('[data-retained]'))
    .map((each) => each.getBoundingClientRect())
    .map(({ width, height }) => `${Math.round(width)} x ${Math.round(height)}`)"""


def test_cards_have_one_size_in_all_columns(window: OpenWindow) -> None:
    board = window(viewport={"width": 1440, "height": 900}).go().publish().complete(1)
    sizes = board.page.evaluate(SIZES)
    assert len(sizes) == 9 and len(set(sizes)) == 1


# What can be tapped and is lower than 40 pixels, but the small signs that only explain.
TOO_LOW = """() => [...document.querySelectorAll('button, [data-testid=stSidebarNavLink]')]
    .filter((each) => each.offsetParent !== null && each.getBoundingClientRect().height < 40)
    .map((each) => each.ariaLabel || each.innerText)
    .filter((text) => !text.startsWith('Help'))"""


def test_phone_has_room_for_fingers_and_the_sidebar_closes_after_a_choice(
    browser: Browser, server: Server
) -> None:
    with browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True) as context:
        phone = AppPage(context.new_page(), server.url).go()
        assert phone.page.evaluate(TOO_LOW) == []
        phone.page.get_by_test_id("stExpandSidebarButton").tap()
        menu = phone.page.get_by_test_id("stSidebarNavLink")
        menu.filter(has_text="Guide").tap()

        expect(phone.page.get_by_role("heading", level=1)).to_have_text("Guide")
        expect(menu.first).not_to_be_in_viewport()


def test_sidebar_of_a_phone_closes_for_a_ready_made_person_and_for_a_room_s_code(
    browser: Browser, server: Server
) -> None:
    with browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True) as context:
        phone = AppPage(context.new_page(), server.url).go()
        sidebar = phone.page.get_by_test_id("stSidebar")

        def open_sidebar() -> None:
            phone.page.get_by_test_id("stExpandSidebarButton").tap()
            expect(sidebar).to_have_attribute("data-collapsed", "false")

        def enter_code() -> Locator:
            phone.button("join_popover").tap()
            code = phone.page.get_by_label("Room code")
            code.fill("no such code")
            return code

        choices: list[Callable[[], object]] = [
            lambda: phone.button("persona_ana").tap(),
            lambda: (enter_code(), phone.button("join_room").tap()),
            lambda: enter_code().press("Enter"),
        ]
        for choose in choices:
            open_sidebar()
            choose()
            expect(sidebar).to_have_attribute("data-collapsed", "true")
        expect(phone.page.get_by_text("That is not a room code.")).to_be_in_viewport()


MOVED = """y => document.querySelector('.st-key-chart_tasks_completed_count .nsewdrag')
    .getBoundingClientRect().y < y"""


SEEN = """selector => {
    const element = document.querySelector(selector)
    element.scrollIntoView({ block: "center" })
    return element.getBoundingClientRect().toJSON()
}"""


def test_swipe_on_a_chart_scrolls_the_page_of_a_phone(
    window: OpenWindow, browser: Browser, server: Server
) -> None:
    board = window().go().publish().complete(1)
    with browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True) as context:
        phone = AppPage(context.new_page(), server.url).go("/attributes", user=board.user)
        expect(phone.keyed("chart_tasks_completed_count").locator(".nsewdrag")).to_be_visible()
        before = phone.page.evaluate(SEEN, ".st-key-chart_tasks_completed_count .nsewdrag")
        x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
        finger = context.new_cdp_session(phone.page)

        def touch(kind: str, *points: dict[str, float]) -> None:
            event = {"type": kind, "touchPoints": list(points)}
            finger.send("Input.dispatchTouchEvent", event)

        touch("touchStart", {"x": x, "y": y})
        for step in range(1, 12):
            touch("touchMove", {"x": x, "y": y - 12 * step})
        touch("touchEnd")
        phone.page.wait_for_function(MOVED, arg=before["y"] - 50)


def test_pages_and_charts_are_drawn_in_the_colors_that_the_system_asks_for(
    window: OpenWindow,
) -> None:
    user = window().go().publish().complete(1).user
    for scheme, background, ink in COLORS:
        visitor = window(color_scheme=scheme).go("/attributes", user=user)
        expect(visitor.page.get_by_test_id("stApp")).to_have_css("background-color", background)
        visitor.page.wait_for_function(f"() => {PLOT} !== null")
        assert visitor.page.evaluate(f"{PLOT}.layout.font.color") == ink
