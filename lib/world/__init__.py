"""One user in one sandbox or account: a world, shared by the tabs that look at it.

`participant` is its facade; read it first. Behind it: `outbox` and `emitter` send events,
`listener` and `inbox` receive interventions, `polling` and `history` keep the values, `app_state`
remembers all of it in a file.

Not in here: several users (`people`), why nothing happened (`diagnosis`), Streamlit (`ui`). It may
import `snowplow`, `connection`, `demo`, `project` and `text`.
"""
