"""`docs/mistakes.md`: every mistake, written from what happens when it is made.

`make mistakes` writes it, and a test compares.
"""

import tempfile
from pathlib import Path

from lib.connection.backend import new_token, sandbox_connection, start_sandbox
from lib.story.mistakes.catalogue import KINDS, MEANINGS
from lib.story.mistakes.making import Outcome, make
from lib.story.mistakes.mistake import Mistake, code_of

FILE = Path(__file__).parents[3] / "docs" / "mistakes.md"
OPENING = """\
# Every mistake once

What goes wrong when you follow Snowplow's tutorial for the two Python SDKs, what you see of it, \
and the mended code. The page `/mistakes` makes each of these with the real SDKs, in a sandbox. \
This list is written from the code that the page runs: `make mistakes` writes it.

`lib/story/mistakes/given.py` says what the code is given, such as `signals`, `emitter` and \
`user`. Of errors, you see the essential part here, and all of it on the page.
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

```python
{mended}
```
"""


def document(outcomes: dict[str, Outcome]) -> str:
    """The document, from what came of each mistake, by its key."""
    parts = [OPENING]
    for kind, mistakes in KINDS.items():
        parts.append(f"## {kind}\n\n{MEANINGS[kind]}\n")
        parts += [_section(each, outcomes[each.key]) for each in mistakes]
    return "\n".join(parts)


def _section(mistake: Mistake, outcome: Outcome) -> str:
    return MISTAKE.format(
        title=mistake.title,
        what=mistake.what,
        wrong=code_of(mistake.wrong),
        shows=mistake.shows.strip(),
        means=outcome.means,
        mended=code_of(mistake.mended),
    )


def write() -> None:
    """Make every mistake, and write the document."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_sandbox(Path(folder) / "sandbox.db")
        connection = sandbox_connection(server.url, new_token())
        outcomes = {each.key: make(each, connection) for kind in KINDS.values() for each in kind}
        connection.close()
        server.stop()
    FILE.write_text(document(outcomes))


if __name__ == "__main__":
    write()
