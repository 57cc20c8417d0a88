"""Demo profiles: the words and the look with which the app shows somebody else's product.

Read `demo_profile` first. A profile changes what people read and what the board starts with. Of
the events it changes the name of one, and of the definitions the threshold that is proposed.
Nothing in here knows of users, of tracking or of pages. May import `lib/project.py` and
`lib/text.py`.
"""
