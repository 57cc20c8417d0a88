"""The story that plays by itself, as an audience sees it: in large type, each scene in sight."""

import re
from collections.abc import Callable

from playwright.sync_api import ViewportSize, expect

from lib.story.autoplay import story
from tests.support.app import AppPage

OpenWindow = Callable[..., AppPage]
WINDOWS = [
    ViewportSize(width=width, height=height)
    for width, height in ((1440, 900), (1024, 768), (390, 844))
]

# What a scene is about, by its page and its place there. What comes between plays by itself.
SHOWN = {
    ("Board", 0): ".st-key-complete_task",
    ("Attributes", 0): ".st-key-chart_tasks_completed_count",
    ("Board", 5): ".st-key-nudge",
    # Before the browser has the switch as it is now, a click would turn it back.
    ("Board", 7): "body:has(.st-key-personalized input:checked) .st-key-personalized_card",
    ("Interventions", 0): "[class*=st-key-received_]",
    ("Events", 0): ".st-key-journey",
    ("Events", 1): "[data-testid=stAlert]",
}
# Pauses the story as soon as a scene shows what it is about: it does not wait for a busy machine.
PAUSE = """([caption, shown]) => {
    const story = document.querySelector('.st-key-autoplay:not([data-retained])');
    const isThere = story?.innerText.includes(caption) && document.querySelector(shown) !== null;
    if (isThere) story.querySelector('.st-key-pause_story button').click();
    return isThere;
}"""

# Whether type is large: what that was, each time that it changed.
WATCH_TYPE = """() => {
    window.types = [];
    const root = document.documentElement;
    new MutationObserver(() => {
        const isLarge = root.classList.contains('on-stage');
        if (isLarge !== (window.types.at(-1) ?? false)) window.types.push(isLarge);
    }).observe(root, { attributeFilter: ['class'] });
}"""


def test_each_scene_and_its_caption_are_in_sight_in_every_window(window: OpenWindow) -> None:
    visitor = window(viewport=WINDOWS[0]).go()
    visitor.button("play_story").click()
    caption = visitor.keyed("autoplay").get_by_test_id("stMarkdown").first
    scenes = story(5, lambda _: None)
    for (page, place), shown in SHOWN.items():
        words = [each.caption for each in scenes if each.page == page][place]
        selector = f"{shown}:not([data-retained])"
        visitor.page.wait_for_function(PAUSE, arg=[words, selector])
        expect(visitor.button("pause_story")).to_contain_text("play_arrow")
        for size in WINDOWS:
            visitor.page.set_viewport_size(size)
            for each in (caption, visitor.page.locator(selector).first):
                expect(each, f"{words} at {size}").to_be_in_viewport(ratio=1)
        visitor.page.set_viewport_size(WINDOWS[0])
        visitor.press("next_scene")


def test_type_is_large_from_the_story_s_beginning_to_its_end(window: OpenWindow) -> None:
    visitor = window().go()
    visitor.page.evaluate(WATCH_TYPE)
    visitor.button("play_story").click()
    root = visitor.page.locator("html")
    expect(root).to_have_class(re.compile("on-stage"))
    assert "mode=" not in visitor.page.url

    for title in ("Definitions", "Attributes"):
        heading = visitor.page.get_by_role("heading", name=title, level=1)
        expect(heading).to_be_visible()
        visitor.press("next_scene")
    visitor.press("stop_story")

    expect(root).not_to_have_class(re.compile("on-stage"))
    assert visitor.page.evaluate("window.types") == [True, False]
