"""The words of the nudge without another demo profile: the guide and the checks repeat them."""

from lib.demo.demo_profile import DEFAULT

HEADLINE = DEFAULT.headline
CALL_TO_ACTION = DEFAULT.button
ACCEPTED = DEFAULT.accepted
