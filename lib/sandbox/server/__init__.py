"""Processes and HTTP. Each route parses, calls and answers; `app` puts the routes together.

Not in here: what a request means. It may import every other room of the sandbox.
"""
