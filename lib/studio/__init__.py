"""The studio: any definition that the Signals SDK has, as Python, as a form, and as a template.

`python_reader` reads the SDK's Python without running it, `python_writer` writes it. What the API
has is in `registry`, what a draft changes about it in `changes`, definitions to start from are in
`templates`. `take_home` makes a program of definitions, as a notebook and as a script. Nothing here
knows Streamlit.

May import `diagnosis` and what that may. Read `python_reader` first.
"""
