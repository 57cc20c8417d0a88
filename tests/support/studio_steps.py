"""What a person does in the studio on the definitions page, as AppTest runs it."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from lib.studio.templates import TEMPLATES
from tests.support.steps import go_to, world

OpenApp = Callable[..., AppTest]

PASTED = """\
from datetime import timedelta
from snowplow_signals import StreamAttributeGroup, Attribute, Event, Service, user_id

started = Event(vendor="com.example", name="task_completed", version="1-0-0")
pasted = StreamAttributeGroup(
    name="pasted", version=1, attribute_key=user_id, owner="you@example.com",
    attributes=[Attribute(name="n", type="int32", aggregation="counter", events=[started],
                          period=timedelta(days=1))],
)
bundle = Service(name="bundle", owner="you@example.com", attribute_groups=[pasted])
sp_signals.publish([pasted, bundle])
"""


def open_studio(open_app: OpenApp) -> AppTest:
    return go_to(open_app(), "definitions")


def start_from(at: AppTest, key: str) -> AppTest:
    (template,) = (each for each in TEMPLATES if each.key == key)
    at.selectbox(key="template").select(template).run()
    return at


def field(at: AppTest, name: str) -> Any:
    """A field of the form by the start of its key."""
    found = [
        each
        for kind in (at.text_input, at.selectbox, at.multiselect)
        for each in kind
        if each.key and each.key.rpartition("_")[0] == name
    ]
    assert len(found) == 1, [each.key for each in found]
    return found[0]


def paste(at: AppTest, source: str) -> AppTest:
    at.text_area(key="python_source").input(source).run()
    return at


def service_values(at: AppTest, service: str) -> dict[str, Any]:
    participant = world(at)
    return participant.signals.get_service_attributes(service, "user_id", participant.user_id)
