"""A page of the app in a real browser."""

import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.support.runs import Runs

BROWSER_MILLISECONDS = 120_000.0  # the same, for everything that a browser waits for
PAGES = (
    "/",
    "/guide",
    "/definitions",
    "/attributes",
    "/interventions",
    "/events",
    "/assistant",
    "/profile",
    "/connection",
    "/presenter",
    "/mistakes",
)

# Two frames later, what a click or a key sets off has been sent to the server, and what came from
# there before is drawn. A window behind another one has no frames.
DRAWN = """async () => {
    const frame = () => new Promise((done) => {
        requestAnimationFrame(() => setTimeout(done))
        setTimeout(done, 100)
    })
    await frame()
    await frame()
}"""
# While a page runs again, Streamlit fades what it has not drawn yet.
UP_TO_DATE = """() => !document.querySelector('[data-stale=true]')
    && document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"""
LOOK_AGAIN_MILLISECONDS = 10.0

# Streamlit's frame while the script runs. One whose connection was cut meanwhile says so too.
RUNNING = (
    "[data-testid=stApp][data-test-script-state=running][data-test-connection-state=CONNECTED]"
)

# The points that a person sees on the step line, and the height of the dashed one.
CHART = """() => {
    const data = document.querySelector(
        '.st-key-chart_tasks_completed_count .js-plotly-plot')?.data ?? [];
    const steps = data.find((trace) => trace.line?.shape === 'hv');
    const line = data.find((trace) => trace.line?.dash === 'dash');
    return {
        points: steps ? steps.y.filter((_, i) => steps.marker.size[i] > 0) : [],
        line: line ? line.y : [],
    };
}"""


class AppPage:
    """A page of the app, in the words of a person who looks at it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(BROWSER_MILLISECONDS)
        self._runs = Runs()
        page.on("websocket", self._runs.listen)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)
        # A click on a page that is being redrawn may land beside the button, or get lost. Before
        # it does anything, and before it compares anything, Playwright waits for this to be gone.
        page.add_locator_handler(page.locator(RUNNING), lambda _: None)

    def go(self, path: str = "/", user: str = "") -> "AppPage":
        """Open an address and wait until the whole page is there."""
        self.page.goto(f"{self.url}{path}" + (f"?user={user}" if user else ""))
        return self.wait()

    def reload(self) -> "AppPage":
        self.page.reload()
        return self.wait()

    def wait(self) -> "AppPage":
        """Wait until the last thing that the frame draws is there, and the script has run."""
        self.expect_app("connection-state", "CONNECTED")
        expect(self.keyed("new_user")).to_be_attached(timeout=BROWSER_MILLISECONDS)
        return self.wait_for_answer()

    def wait_for_answer(self) -> "AppPage":
        """Wait until everything that the page has asked for so far is done and drawn."""
        self.page.evaluate(DRAWN)
        for _ in range(int(BROWSER_MILLISECONDS / LOOK_AGAIN_MILLISECONDS)):
            if self._runs.are_over:
                break
            self.page.wait_for_timeout(LOOK_AGAIN_MILLISECONDS)
        assert self._runs.are_over, "the page has asked for something that was not answered"
        self.page.evaluate(DRAWN)
        self.page.wait_for_function(UP_TO_DATE, polling=LOOK_AGAIN_MILLISECONDS)
        return self

    def expect_app(self, what: str, value: str | re.Pattern[str]) -> None:
        """What Streamlit's own frame says of the connection to its server, or of the script."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute(f"data-test-{what}", value, timeout=BROWSER_MILLISECONDS)

    @property
    def user(self) -> str:
        """Who the address says that this is."""
        self.page.wait_for_url(re.compile(r"user=[0-9a-f-]{36}"))
        return re.findall(r"user=([0-9a-f-]{36})", self.page.url)[0]

    def keyed(self, key: str) -> Locator:
        # While a page is drawn again, what has moved is there twice; the old one is not seen.
        return self.page.locator(f".st-key-{key}:not([data-retained])")

    def button(self, key: str) -> Locator:
        return self.keyed(key).get_by_role("button")

    def press(self, key: str) -> "AppPage":
        """Click on a button, and wait until what it asks for is done and drawn."""
        self.button(key).click()
        return self.wait_for_answer()

    @property
    def nudge(self) -> Locator:
        """The product's own nudge: the card on the board, the bar on other pages."""
        return self.keyed("nudge").filter(has=self.keyed("accept_nudge"))

    def choose_from_menu(self, key: str) -> None:
        """Click on what the board's menu has under this key, and close the menu."""
        self.button("more").click()
        self.button(key).click()
        self.page.keyboard.press("Escape")

    def expect_count(self, count: int | str) -> None:
        """The board shows this number of completed tasks."""
        tasks = self.page.get_by_test_id("stMetric").filter(has_text="Tasks completed")
        expect(tasks.get_by_test_id("stMetricValue")).to_have_text(str(count))

    def publish(self) -> "AppPage":
        self.button("publish").click()
        expect(self.keyed("publish")).to_have_count(0)
        return self

    def complete(self, *counts: int) -> "AppPage":
        """Click on "Complete task" and see the new count, once for each that is named."""
        for count in counts:
            self.button("complete_task").click()
            self.expect_count(count)
        return self

    def _note(self, told: ConsoleMessage) -> None:
        # Streamlit looks whether a download's file is there, which a newer run may have replaced.
        is_file = urlsplit(told.location["url"]).path.startswith("/media/")
        is_replaced = is_file or told.text.endswith("source error - 404")
        if told.type == "error" and not is_replaced:
            self.errors.append(f"{told.text} {told.location['url']}")

    def chart(self) -> dict[str, Any]:
        """What the chart of completed tasks draws."""
        drawn: dict[str, Any] = self.page.evaluate(CHART)
        return drawn


def done(window: AppPage) -> int:
    """How many cards are in the column of done tasks."""
    window.wait()
    return 9 - window.page.locator("[class*='st-key-complete_task-']").count()
