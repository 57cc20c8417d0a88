"""What can be asked of a sandbox: online attributes, previews, event logs, Micro's lists.

Not in here: HTTP (`server`). It may import a sandbox and all that is behind it.
"""
