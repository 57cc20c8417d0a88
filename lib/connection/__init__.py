"""What the SDKs talk to: from settings to an account, to clients, to errors in words.

`backend` decides between the sandbox and a Snowplow account; read it first. Nothing outside this
room depends on which of the two it is, except to explain it to a person.

Not in here: what is done with the clients (`snowplow`, `world`). It may import `project`, `text`
and, in `backend` alone, `sandbox`.
"""
