"""What to do about a mistake, found by the words of its message.

The mistakes are those that Snowplow's tutorials warn about, and similar ones: a wrong argument, a
missing property or owner, an attribute without its group.

Source: https://docs.snowplow.io/tutorials/python-tracking-and-signals/define-attributes/
(troubleshooting; other pages of this tutorial too)
"""

import re

IDENTIFIERS = "Name each key and list its identifiers: AttributeKeyIdentifiers({'user_id': [...]})."
SERVICE_CALL = "get_service_attributes(name='my_service', attribute_key='user_id', identifier=...)"
GROUP_CALL = (
    "get_group_attributes(name='my_group', version=1, attributes=[...], attribute_key='user_id',"
    " identifier=...)"
)

# The first pattern that a message contains decides, so the more precise ones come first.
ADVICE = {
    # Connecting
    r"Signals\w*\.__init__\(\) .*'endpoint'": (
        "There is no endpoint=. Pass the address of the Signals API as api_url=."
    ),
    r"missing .*'api_key_id'": (
        "Pass api_key_id= too: the API key and its ID are needed together."
    ),
    r"Signals\.__init__\(\)": (
        "Pass four arguments by keyword: Signals(api_url=..., api_key=..., api_key_id=...,"
        " org_id=...)."
    ),
    r"SignalsSandbox\.__init__\(\)": (
        "Pass two arguments by keyword: SignalsSandbox(api_url=..., sandbox_token=...)."
    ),
    r"must be provided": (
        "Set CONSOLE_API_KEY, CONSOLE_API_KEY_ID and ORG_ID: all three are needed."
    ),
    # Defining
    r"attributes: List should have at least 1 item": "Select at least one attribute.",
    r"requires a property": "Add property=EventProperty(...) that names what to aggregate.",
    r"\bowner: ": "Use an email address as the owner, for people who have questions.",
    r"no published attribute group": (
        "On the definitions page, select the attribute that the intervention needs, and publish."
    ),
    r"target_attribute_keys.*LinkAttributeKey": (
        "target_attribute_keys takes links: write LinkAttributeKey(name='user_id')."
    ),
    r"attribute_key\.(Link)?AttributeKey: Input should": (
        "attribute_key takes a key and not its name: from snowplow_signals import user_id, then"
        " attribute_key=user_id."
    ),
    r"attribute key '": (
        "Use a built-in key, from snowplow_signals import user_id, or give a custom key a property."
    ),
    r"\battribute: String should": (
        "Name the attribute with its group, as in project_engagement:tasks_completed_count."
    ),
    r"has no attribute 'model_copy'": (
        "Put the definitions into a list, as in publish([group, service, intervention])."
    ),
    # Reading and subscribing
    r"get_service_attributes\(\) got .*'service\w*'": (
        f"Pass the service's name as name=, as in {SERVICE_CALL}."
    ),
    r"get_group_attributes\(\) got .*'\w*group\w*'": (
        f"Pass the group's name as name=, as in {GROUP_CALL}."
    ),
    r"get_service_attributes\(\)": f"Call it like this: {SERVICE_CALL}.",
    r"get_group_attributes\(\)": f"Call it like this: {GROUP_CALL}.",
    r"'dict' object has no attribute": (
        "The values are a dictionary: values['tasks_completed_count'] reads one."
    ),
    r"AttributeKeyIdentifiers: ": IDENTIFIERS,
    r"(pull_interventions|push_intervention)\(\) ": IDENTIFIERS,
    # Tracking
    r"SelfDescribing\.__init__\(\)": (
        "Pass the SelfDescribingJson first, without a keyword or as event_json=."
    ),
    r"Tracker\.__init__\(\)": ("Pass everything by keyword: Tracker(namespace=..., emitters=...)."),
    r"'buffer_size'": "An emitter has no buffer_size=. Use batch_size= or buffer_capacity=.",
    r"'Snowplow' has no attribute 'flush'": "Flush the tracker instead: tracker.flush().",
    # The sandbox
    r"ten years ahead": "Go back to now first. The clock was not moved.",
}


def advice_on(message: str, fallback: str) -> str:
    """What to do about a message.

    >>> advice_on("Tracker.__init__() got multiple values for argument 'namespace'", "Wait.")
    'Pass everything by keyword: Tracker(namespace=..., emitters=...).'
    """
    fitting = (advice for pattern, advice in ADVICE.items() if re.search(pattern, message))
    return next(fitting, fallback)
