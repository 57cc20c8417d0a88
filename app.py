"""The file for `streamlit run`: the server, with a doorkeeper before Streamlit's own routes, a
script in the head of its page, compressed files, a small font of icons, and a route that forwards
people's own code to the sandbox.

The pages begin in `frame.py`. This file is run once for each process, `frame.py` for each visit
and each click.
"""

import streamlit as st
from starlette.middleware import Middleware

from lib.ui.compressed_files import CompressedFiles
from lib.ui.doorkeeper import Doorkeeper
from lib.ui.first_icons import FirstIcons
from lib.ui.index_page import IndexPage
from lib.ui.open_files import raise_limit
from lib.ui.opening import opened
from lib.ui.sandbox_route import SandboxRoute

raise_limit()
app = st.App(
    "frame.py",
    lifespan=opened,
    middleware=[
        Middleware(SandboxRoute),
        Middleware(Doorkeeper),
        Middleware(IndexPage),
        Middleware(FirstIcons),
        Middleware(CompressedFiles),
    ],
)
