"""The baseline of starting: an app that only imports the packages that the project imports."""

import email_validator  # noqa: F401
import fastapi  # noqa: F401
import httptools  # noqa: F401
import httpx  # noqa: F401
import jsonschema_rs  # noqa: F401
import jwt  # noqa: F401
import orjson  # noqa: F401
import plotly.graph_objects  # noqa: F401
import pydantic  # noqa: F401
import requests  # noqa: F401
import segno  # noqa: F401
import snowplow_signals  # noqa: F401
import snowplow_tracker  # noqa: F401
import streamlit as st
import uvicorn  # noqa: F401

st.button("Complete task", key="complete_task")
