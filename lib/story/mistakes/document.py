"""`docs/mistakes.md`: every mistake, written from what happens when its code runs.

`make mistakes` writes it, and a test compares.
"""

import tempfile
from pathlib import Path

from lib.connection.backend import new_token, sandbox_connection, start_sandbox
from lib.story.mistakes.catalogue import KINDS, MEANINGS
from lib.story.mistakes.making import Printed, make
from lib.story.mistakes.mistake import Mistake, code_of

FILE = Path(__file__).parents[3] / "docs" / "mistakes.md"
OPENING = """\
# Common mistakes

What goes wrong when you follow Snowplow's tutorial for the two Python SDKs, what you see, and the \
fixed code. The page `/mistakes` runs each of these with the real SDKs, in a sandbox. \
`make mistakes` writes this list from the code that the page runs.

`lib/story/mistakes/given.py` says what the code is given, such as `signals`, `emitter` and \
`user`. This list shows the essential part of each error, and the page all of it.
"""
MISTAKE = """\
### {title}

{what}

```python
{wrong}
```

What you see:

```
{shows}
```

{means}

Fixed code:

```python
{mended}
```
"""


def document(outcomes: dict[str, Printed]) -> str:
    """The document, from the output of each mistake, by its key."""
    parts = [OPENING]
    for kind, mistakes in KINDS.items():
        parts.append(f"## {kind}\n\n{MEANINGS[kind]}\n")
        parts += [_section(each, outcomes[each.key]) for each in mistakes]
    return "\n".join(parts)


def _section(mistake: Mistake, outcome: Printed) -> str:
    return MISTAKE.format(
        title=mistake.title,
        what=mistake.what,
        wrong=code_of(mistake.wrong),
        shows=mistake.shows.strip(),
        means=outcome.means,
        mended=code_of(mistake.mended),
    )


def write() -> None:
    """Run every mistake, and write the document."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_sandbox(Path(folder) / "sandbox.db")
        connection = sandbox_connection(server.url, new_token())
        outcomes = {each.key: make(each, connection) for kind in KINDS.values() for each in kind}
        connection.close()
        server.stop()
    FILE.write_text(document(outcomes))


if __name__ == "__main__":
    write()
