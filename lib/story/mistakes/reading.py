"""Mistakes in reading values and in subscribing."""

from snowplow_signals import AttributeKeyIdentifiers
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.story.mistakes.given import Print
from lib.story.mistakes.mistake import Mistake


def service_argument(signals: BaseSignalsWithApiClient, user: str) -> None:
    signals.get_service_attributes(
        service="project_engagement_service", attribute_key="user_id", identifier=user
    )


def service_by_name(signals: BaseSignalsWithApiClient, user: str, print: Print) -> None:
    values = signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier=user
    )
    print(values["tasks_completed_count"])


def group_name_argument(signals: BaseSignalsWithApiClient, user: str) -> None:
    signals.get_group_attributes(
        group_name="project_engagement",
        version=1,
        attributes=["tasks_completed_count"],
        attribute_key="user_id",
        identifier=user,
    )


def group_by_name(signals: BaseSignalsWithApiClient, user: str, print: Print) -> None:
    values = signals.get_group_attributes(
        name="project_engagement",
        version=1,
        attributes=["tasks_completed_count"],
        attribute_key="user_id",
        identifier=user,
    )
    print(values["tasks_completed_count"])


def attributes_of_values(signals: BaseSignalsWithApiClient, user: str, print: Print) -> None:
    values = signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier=user
    )
    print(values.attributes["tasks_completed_count"])


def service_unknown(signals: BaseSignalsWithApiClient, user: str) -> None:
    signals.get_service_attributes(
        name="project_engagement_services", attribute_key="user_id", identifier=user
    )


def identifier_instead_of_list(signals: BaseSignalsWithApiClient, user: str) -> None:
    signals.pull_interventions(AttributeKeyIdentifiers({"user_id": user}))


def list_of_identifiers(signals: BaseSignalsWithApiClient, user: str, print: Print) -> None:
    targets = AttributeKeyIdentifiers({"user_id": [user]})
    with signals.pull_interventions(targets):
        print("subscribed")


MISTAKES = (
    Mistake(
        "service= instead of name=",
        "The parameter for the service is called `name`.",
        service_argument,
        service_by_name,
        "get_service_attributes() got an unexpected keyword argument 'service'",
        needs_definitions=True,
    ),
    Mistake(
        "group_name= instead of name=",
        "The parameter for the group is called `name` as well.",
        group_name_argument,
        group_by_name,
        "get_group_attributes() got an unexpected keyword argument 'group_name'",
        needs_definitions=True,
    ),
    Mistake(
        "A service that is not published",
        "Its name has a typo, or nobody published it.",
        service_unknown,
        service_by_name,
        "Service 'project_engagement_services' does not exist",
        needs_definitions=True,
    ),
    Mistake(
        "Reading .attributes of the values",
        "The values are a dictionary.",
        attributes_of_values,
        service_by_name,
        "AttributeError: 'dict' object has no attribute 'attributes'",
        needs_definitions=True,
    ),
    Mistake(
        "One identifier instead of a list",
        "A subscription may have several targets, so each key takes a list.",
        identifier_instead_of_list,
        list_of_identifiers,
        "user_id\n  Input should be a valid list",
    ),
)
