"""Silent mistakes with interventions: you wait, and none arrives."""

import uuid

from snowplow_signals import AttributeKeyIdentifiers, RuleIntervention
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.story.mistakes.given import Print, TrackTasks
from lib.story.mistakes.mistake import Mistake


def second_run(
    signals: BaseSignalsWithApiClient, track_tasks: TrackTasks, user: str, print: Print
) -> None:
    targets = AttributeKeyIdentifiers({"user_id": [user]})
    with signals.pull_interventions(targets) as subscription:
        track_tasks(user, 5)
        print(subscription.get(timeout=10).name)
        track_tasks(user, 5)
        print(subscription.get(timeout=1).name)


def second_run_as_somebody_else(
    signals: BaseSignalsWithApiClient, track_tasks: TrackTasks, user: str, print: Print
) -> None:
    for each in (user, str(uuid.uuid4())):
        targets = AttributeKeyIdentifiers({"user_id": [each]})
        with signals.pull_interventions(targets) as subscription:
            track_tasks(each, 5)
            print(subscription.get(timeout=10).name)


def too_few_events(
    signals: BaseSignalsWithApiClient, track_tasks: TrackTasks, user: str, print: Print
) -> None:
    targets = AttributeKeyIdentifiers({"user_id": [user]})
    with signals.pull_interventions(targets) as subscription:
        track_tasks(user, 4)
        print(subscription.get(timeout=1).name)


def enough_events(
    signals: BaseSignalsWithApiClient, track_tasks: TrackTasks, user: str, print: Print
) -> None:
    targets = AttributeKeyIdentifiers({"user_id": [user]})
    with signals.pull_interventions(targets) as subscription:
        track_tasks(user, 5)
        print(subscription.get(timeout=10).name)


def intervention_not_published(
    signals: BaseSignalsWithApiClient,
    nudge: RuleIntervention,
    track_tasks: TrackTasks,
    user: str,
    print: Print,
) -> None:
    signals.unpublish([nudge])
    targets = AttributeKeyIdentifiers({"user_id": [user]})
    with signals.pull_interventions(targets) as subscription:
        track_tasks(user, 5)
        print(subscription.get(timeout=1).name)


def intervention_published(
    signals: BaseSignalsWithApiClient,
    nudge: RuleIntervention,
    track_tasks: TrackTasks,
    user: str,
    print: Print,
) -> None:
    signals.publish([nudge])
    targets = AttributeKeyIdentifiers({"user_id": [user]})
    with signals.pull_interventions(targets) as subscription:
        track_tasks(user, 5)
        print(subscription.get(timeout=10).name)


def nudge_of_no_uuid(
    signals: BaseSignalsWithApiClient, track_tasks: TrackTasks, print: Print
) -> None:
    targets = AttributeKeyIdentifiers({"user_id": ["ada"]})
    with signals.pull_interventions(targets) as subscription:
        track_tasks("ada", 5)
        print(subscription.get(timeout=1).name)


MISTAKES = (
    Mistake(
        "The second run",
        "The same user completes five more tasks, as in a second run of the same script.",
        second_run,
        second_run_as_somebody_else,
        "power_user_nudge\n_queue.Empty",
        "An intervention fires only the first time that its criteria are met for a target. To try"
        " again, use a new user id. `get` raises `Empty` if nothing arrives in time.",
        needs_definitions=True,
    ),
    Mistake(
        "Fewer events than the threshold",
        "The intervention needs five completed tasks, and the script tracks four.",
        too_few_events,
        enough_events,
        "_queue.Empty",
        "Nothing fired, because the criteria were never met. Compare the threshold with the value"
        " that you read.",
        needs_definitions=True,
    ),
    Mistake(
        "An intervention that is not published",
        "The group counts the tasks, and the intervention is unpublished.",
        intervention_not_published,
        intervention_published,
        "_queue.Empty",
        "Signals evaluates only published interventions. Neither tracking nor subscribing says so."
        " Publish it, and try with a new user: this user's count is already above the threshold,"
        " and an intervention fires when the count crosses it.",
        needs_definitions=True,
    ),
    Mistake(
        "A target that is not a UUID",
        "The subscription listens for ada, and the events are ada's.",
        nudge_of_no_uuid,
        enough_events,
        "_queue.Empty",
        "Interventions are sent only to identifiers that are UUIDs. Neither subscribing nor"
        " tracking says so.",
        needs_definitions=True,
    ),
)
