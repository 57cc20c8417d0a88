"""A demo profile that is made in the app: what is typed is kept, and a link shows it elsewhere."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.app import AppPage
from tests.support.app_server import Server
from tests.support.slow_line import SlowLine

OpenWindow = Callable[..., AppPage]


def test_a_profile_sent_as_a_link_shows_the_same_product_on_another_server(
    window: OpenWindow, own_server: Server
) -> None:
    maker = window().go("/profile")
    maker.keyed("profile_ready").get_by_text("Learning").click()
    maker.wait_for_answer()
    for label, words in (
        ("Name of the product", "Ólá & <b>Olé"),
        ("Button that completes one", "Lição feita"),
    ):
        maker.page.get_by_label(label).fill(words)
        maker.page.get_by_label(label).press("Enter")
        maker.wait_for_answer()
    expect(maker.keyed("preview_action")).to_contain_text("Lição feita")
    link = maker.page.get_by_test_id("stCode").locator("code").inner_text()

    other = window(own_server.url)
    other.page.goto(link.replace(maker.url, own_server.url))
    other.wait()

    expect(other.page.get_by_role("heading", name="Spanish for travellers")).to_be_visible()
    expect(other.button("complete_task")).to_contain_text("Lição feita")
    expect(other.page).to_have_title("Board · Ólá & <b>Olé")
    assert "Ólá &amp; &lt;b&gt;Olé" in other.page.evaluate(
        """() => new TextDecoder().decode(Uint8Array.from(
            atob(document.querySelector('[data-testid=stSidebar] img').src.split(',')[1]),
            (each) => each.charCodeAt(0)))"""
    )
    assert maker.errors == other.errors == []


def test_what_is_typed_while_the_server_takes_its_time_is_kept(window: OpenWindow) -> None:
    maker = window()
    line = SlowLine(maker.page)
    maker.go("/profile").keyed("profile_ready").get_by_text("Learning").click()
    expect(maker.keyed("preview_action")).to_contain_text("Finish lesson")
    title, button = (
        maker.page.get_by_label(each)
        for each in ("Title of the board", "Button that completes one")
    )

    with line.held():
        title.fill("First lesson")
        title.press("Enter")
        line.wait_for_whole_run()
        button.fill("Got it")
        button.press("Enter")

    expect(maker.keyed("preview_action")).to_contain_text("Got it")
    expect(maker.keyed("profile_preview")).to_contain_text("First lesson")
