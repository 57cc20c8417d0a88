"""Makes every picture in docs/images anew from the running app: `make screenshots`.

The app is started for it with a sandbox of its own; what the pictures show has truly happened. The
animation is the story as it tells itself, a picture for each caption. Takes about two minutes.
"""

import io
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.app import AppPage  # noqa: E402
from tests.support.app_server import Server  # noqa: E402

IMAGES = ROOT / "docs" / "images"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PICTURE_WIDTH = 1000
ANIMATION_WIDTH = 900
FRAME_MILLISECONDS = 2_200
QUALITY = 82
GUESTS = {"Ana": 6, "Ben": 4, "Chi": 2}
END = "That is the whole loop"
UNSETTLED = "[data-stale=true], [data-testid=stSkeleton], [data-testid=stToast]"

Draw = Callable[[AppPage], None]


def nudged(visitor: AppPage) -> None:
    """The board a moment after the fifth task."""
    visitor.go().publish().complete(1, 2, 3, 4, 5)
    expect(visitor.nudge).to_be_visible()


def definitions(visitor: AppPage) -> None:
    """What Signals is told, and the code that tells it."""
    visitor.go().publish().complete(1, 2)
    visitor.go("/definitions", user=visitor.user)


def attributes(visitor: AppPage) -> None:
    """The values over time."""
    nudged(visitor)
    visitor.button("dismiss_nudge").click()
    visitor.complete(6, 7).go("/attributes", user=visitor.user)
    chart = visitor.keyed("chart_tasks_completed_count")
    expect(chart.locator(".js-plotly-plot")).to_be_visible()


def events(visitor: AppPage) -> None:
    """Every event, and the journey of one that failed."""
    nudged(visitor)
    visitor.button("accept_nudge").click()
    visitor.go("/events", user=visitor.user)
    visitor.button("broken_wrong_enum").click()
    expect(visitor.page.get_by_text("Stopped at")).to_be_visible()
    visitor.page.get_by_role("heading", name="Events", exact=True).scroll_into_view_if_needed()


def room(visitor: AppPage) -> None:
    """The view for a big screen, with three guests who are not equally fast."""
    visitor.go("/presenter").button("publish").click()
    code = visitor.page.locator("h2", has_text=re.compile(r"\d{3}$")).inner_text()
    for name, tasks in GUESTS.items():
        guest = AppPage(visitor.page.context.new_page(), visitor.url)
        guest.go(f"/?sandbox={code.replace(' ', '-')}")
        guest.page.get_by_label("Your name in this room").fill(name)
        guest.button("choose_name").click()
        guest.complete(*range(1, tasks + 1))
    visitor.page.bring_to_front()
    visitor.page.goto(f"{visitor.url}/presenter?user={visitor.user}&view=screen")
    expect(visitor.page.locator(".row.nudged")).to_have_text(re.compile("Ana"))
    expect(visitor.page.locator(".moment")).to_be_hidden()


PICTURES: dict[str, tuple[Draw, dict[str, int], str]] = {
    "board": (nudged, WIDE, "light"),
    "board_dark": (nudged, WIDE, "dark"),
    "board_phone": (nudged, PHONE, "light"),
    "definitions": (definitions, WIDE, "light"),
    "attributes": (attributes, WIDE, "light"),
    "events": (events, WIDE, "light"),
    "room": (room, WIDE, "light"),
}
"""The pictures by name: how to come to what they show, in what size, and in which of both modes."""

ANIMATION = "story"


@contextmanager
def opened(browser: Browser, url: str, size: dict[str, int], scheme: str) -> Iterator[AppPage]:
    """An empty window, twice as sharp as it is large."""
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=2,
    )
    yield AppPage(context.new_page(), url)
    context.close()


def picture(visitor: AppPage, width: int) -> Image.Image:
    """What the window shows once nothing changes any more."""
    visitor.page.mouse.move(0, 0)
    visitor.page.evaluate("document.fonts.ready.then(() => {})")
    expect(visitor.page.locator(UNSETTLED)).to_have_count(0)
    visitor.expect_app("script-state", "notRunning")
    shot = Image.open(io.BytesIO(visitor.page.screenshot())).convert("RGB")
    width = min(width, shot.width)
    return shot.resize((width, round(shot.height * width / shot.width)), Image.Resampling.LANCZOS)


def story(visitor: AppPage) -> list[Image.Image]:
    """A picture for each caption of the story that tells itself."""
    visitor.go("/?mode=presentation")
    frames = [picture(visitor, ANIMATION_WIDTH)]
    visitor.button("play_story").click()
    caption = visitor.keyed("autoplay").get_by_test_id("stMarkdown")
    said = ""
    while END not in said:
        expect(caption).not_to_have_text(said, timeout=30_000)
        said = caption.inner_text()
        expect(visitor.page.get_by_test_id("stApp")).to_be_visible()
        frames.append(picture(visitor, ANIMATION_WIDTH))
    return frames


def main(names: list[str]) -> None:
    """Make the pictures with these names, all by default."""
    IMAGES.mkdir(exist_ok=True)
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        server = Server(Path(folder) / "sandbox.db")
        try:
            for name, (draw, size, scheme) in PICTURES.items():
                if not names or name in names:
                    with opened(browser, server.url, size, scheme) as visitor:
                        draw(visitor)
                        save(picture(visitor, PICTURE_WIDTH), name)
            if not names or ANIMATION in names:
                with opened(browser, server.url, WIDE, "light") as visitor:
                    first, *others = story(visitor)
                    save(first, ANIMATION, others)
        finally:
            server.kill()


def save(first: Image.Image, name: str, others: list[Image.Image] | None = None) -> None:
    """Write a picture, or several as an animation."""
    path = IMAGES / f"{name}.webp"
    more = {"save_all": True, "append_images": others, "duration": FRAME_MILLISECONDS, "loop": 0}
    first.save(path, quality=QUALITY, method=6, **(more if others else {}))
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1024:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main([re.sub(r"\.webp$", "", each) for each in sys.argv[1:]])
