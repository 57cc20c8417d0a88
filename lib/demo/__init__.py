"""Demo profiles: the words and the look with which the app shows somebody else's product.

Read `demo_profile` first. A profile changes what people read and what the board starts with. It
changes neither the events nor the definitions, but for the threshold that is proposed. Nothing in
here knows of users, events or pages. May import `lib/project.py` and `lib/text.py`.
"""
