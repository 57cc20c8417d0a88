"""Data in, Plotly figures out, each with a summary in words for those who cannot see it.

`attribute_chart` is the largest; read it first. `style` has the colors of both themes.

Not in here: fetching the data, and showing the figure (`ui`, `pages`). It may import `people`,
`story` and what they may.
"""
