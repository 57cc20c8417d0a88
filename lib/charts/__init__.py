"""Data in, charts out, each with a summary in words for people who cannot see it. They are Plotly
figures, except the room's, which a component draws.

`attribute_chart` is the largest; read it first. `style` has the colors of both themes.

Not in here: fetching the data, and showing the figure (`ui`, `pages`). It may import `people`,
`story` and what they may.
"""
