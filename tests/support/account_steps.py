"""What a person does and sees with an account, on the connection page and the others."""

import re

from streamlit.testing.v1 import AppTest

from tests.support.snowplow import Snowplow
from tests.support.steps import click, go_to


def use_own_account(at: AppTest, given: dict[str, str]) -> AppTest:
    """Enter an account on the connection page, and use it."""
    for name, value in given.items():
        at.text_input(key=f"own_{name.lower()}").input(value)
    return click(at, "use_account")


def with_own_account(at: AppTest, snowplow: Snowplow) -> AppTest:
    """A session that uses this account, with definitions whose names end in `_ours`."""
    given = {**snowplow.settings, "DEFINITIONS_SUFFIX": "_ours"}
    return use_own_account(go_to(at, "connection"), given)


def badge(at: AppTest) -> str:
    """Which connection is in use, as every page says it."""
    labels = " ".join(link.label for link in at.sidebar.page_link)
    (name,) = re.findall(r"badge\[:material/cloud: (\w+)]", labels)
    return str(name)


def changes(snowplow: Snowplow) -> list[tuple[str, str]]:
    """What the Signals API was told to change of its definitions."""
    asked = snowplow.requests_to(snowplow.signals_host)
    told = [each for each in asked if "/registry/" in each.path or "/engines/" in each.path]
    return [(each.method, each.path) for each in told if each.method != "GET"]
