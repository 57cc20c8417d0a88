"""The story of the demo: the guide, and the story that plays by itself.

`guide` is the story; read it first.

Not in here: how it is shown (`ui`). It may import `diagnosis` and what that may, but not
`people`.
"""
