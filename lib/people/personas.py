"""A few ready-made people, to show that each has their own values and inbox.

Signals takes UUIDs as user ids and silently ignores others. An application with other ids, such as
email addresses, derives UUIDs from them: always the same one for the same id.

Source: https://docs.python.org/3/library/uuid.html#uuid.uuid5
"""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class Persona:
    """Somebody with an id from the application."""

    name: str
    email: str

    def user_id(self, place: str) -> str:
        """Their UUID in one sandbox or account, so that no two rooms share a person.

        >>> Persona("Ana", "ana@example.com").user_id("demo")
        'a8e235fc-2b27-5cfd-b2b6-ce3bb70f663a'
        """
        namespace = uuid.uuid5(uuid.NAMESPACE_URL, place)
        return str(uuid.uuid5(namespace, self.email))


PERSONAS = (
    Persona("Ana", "ana@example.com"),
    Persona("Ben", "ben@example.com"),
    Persona("Chi", "chi@example.com"),
)


def persona_of(user_id: str, place: str) -> Persona | None:
    """The persona that a user is; None for anybody else."""
    return next((each for each in PERSONAS if each.user_id(place) == user_id), None)
