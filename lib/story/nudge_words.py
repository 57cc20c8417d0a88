"""The words of the nudge: the banner says them, and the guide and the checks repeat them."""

HEADLINE = "You are on a roll: share the work!"
CALL_TO_ACTION = "Invite a teammate"
ACCEPTED = "Invitation noted. This is a demo, so nobody gets an email."
