"""Demo profiles: the words and the look with which the app shows somebody else's product.

Read `demo_profile` first. A profile changes what people read and what the board starts with. It
also changes the name of one event, and the threshold that the definitions propose. Nothing in here
knows about users, tracking or pages. May import `lib/project.py`, `lib/text.py` and
`lib/cached.py`.
"""
