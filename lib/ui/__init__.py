"""Everything that imports Streamlit except the pages: what they share, and the browser session.

`session` says who a browser session is and which world it looks at; read it first.

Nothing is decided here: the other rooms decide, and are tested without Streamlit. It may import
every other room but `sandbox`.
"""
