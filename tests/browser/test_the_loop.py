"""The main job of the project, as a person does it: publish, complete five tasks, see the nudge."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.app import AppPage

OpenWindow = Callable[..., AppPage]

CHART_POINTS = """document.querySelector('.st-key-chart_tasks_completed_count .js-plotly-plot')
    ?.data.find((trace) => trace.line?.shape === 'hv')?.y.at(-1)"""


def test_fifth_task_brings_the_nudge_on_every_open_page(
    window: OpenWindow,
) -> None:
    board = window().go()
    attributes = window().go("/attributes", user=board.user)

    board.publish().complete(1, 2, 3, 4)
    expect(attributes.nudge).to_have_count(0)
    board.button("complete_task").click()

    for each in (board, attributes):
        expect(each.nudge).to_be_visible()
        expect(each.button("accept_nudge")).to_have_text("group_addInvite a teammate")
    board.expect_count(5)

    attributes.page.wait_for_function(f"() => ({CHART_POINTS}) >= 5")
    assert attributes.chart() == {"points": [1, 2, 3, 4, 5], "line": [5, 5]}
    assert board.errors == attributes.errors == []
