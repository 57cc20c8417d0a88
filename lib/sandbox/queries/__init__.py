"""Queries of a sandbox: online attributes, previews, event logs, Micro's lists.

Start with `online`. Not here: HTTP (`server`). It may import a sandbox and everything behind it.
"""
