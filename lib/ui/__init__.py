"""All that imports Streamlit and is no page: what several pages draw, and the browser session.

`session` says who a browser session is and which world it looks at; read it first.

Not in here: decisions, which the other rooms make and test without Streamlit. It may import every
other room but `sandbox`.
"""
