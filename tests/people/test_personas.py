"""Ready people: a UUID of their own in each place, always the same."""

import uuid

from lib.people.personas import PERSONAS, Persona, persona_of


def test_an_email_always_becomes_the_same_uuid():
    ana = Persona("Ana", "ana@example.com")
    assert ana.user_id("room") == ana.user_id("room")
    assert str(uuid.UUID(ana.user_id("room"))) == ana.user_id("room")


def test_ids_differ_between_places_and_between_people():
    ids = {each.user_id(place) for each in PERSONAS for place in ("one", "other")}
    assert len(ids) == 2 * len(PERSONAS)


def test_a_user_is_known_as_the_person_they_are_in_this_place_only():
    ana = PERSONAS[0]
    assert persona_of(ana.user_id("room"), "room") is ana
    assert persona_of(ana.user_id("room"), "elsewhere") is None
    assert persona_of(str(uuid.uuid4()), "room") is None
