"""The links to the previous and the next page."""

from tests.support.presentations import (
    OpenApp,
    on_stage,
)
from tests.support.steps import click, go_to, has


def test_pages_lead_to_the_next_and_back(open_app: OpenApp) -> None:
    at = open_app()
    assert not has(at, "previous_page")
    click(at, "next_page")
    assert at.title[0].value == "Guide"
    click(at, "previous_page")
    assert at.title[0].value == "Website relaunch"


def test_presentation_leads_past_what_it_leaves_out(open_app: OpenApp) -> None:
    at = click(on_stage(open_app), "next_page")
    assert at.title[0].value == "Definitions"
    assert not has(go_to(at, "assistant"), "next_page")
