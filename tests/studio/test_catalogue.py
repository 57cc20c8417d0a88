"""What attributes can be computed from knows the schemas that somebody added."""

from lib.diagnosis.schema_draft import composed
from lib.diagnosis.schema_form import added_schemas
from lib.studio.catalogue import INTEGER, event_label, known_events, known_fields

ROW = {"field": "amount", "type": "integer", "required": True}
ADDED = added_schemas([composed("com.acme", "order", "2-0-0", "An order", [ROW])])
LABEL = "order 2-0-0 of com.acme"


def test_events_and_fields_of_an_added_schema_are_known() -> None:
    events = known_events("com.example", ADDED)[LABEL]
    assert event_label(events, "com.example", ADDED) == LABEL
    field = known_fields(events, "com.example", ADDED)[0]
    assert (field.label, field.kind) == ("order: amount", INTEGER)
    assert (field.property.vendor, field.property.major_version) == ("com.acme", 2)


def test_fields_of_an_added_schema_are_for_its_own_event_alone() -> None:
    events = known_events("com.example", ADDED)["task_completed"]
    labels = [each.label for each in known_fields(events, "com.example", ADDED)]
    assert "order: amount" not in labels
