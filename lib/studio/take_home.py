"""What somebody built, to take home: notebooks and scripts that do from anywhere what the app does.

They use the two SDKs and nothing else: connect, publish, subscribe, track, read, and be nudged. One
of each runs against a sandbox, and one against an account, whose settings it reads from the
environment. The schemas go along, for an Iglu registry.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from snowplow_signals import RuleIntervention

from lib.diagnosis.schema_form import FOLDER, Schema
from lib.studio import take_home_words as words
from lib.studio.acts import MOST_TIMES, Acts, acts_until_rules_are_true
from lib.studio.notebook import Cell, notebook, script
from lib.studio.python_writer import written_python
from lib.studio.reading_back import identifiers, more_ids, not_heard, reads
from lib.studio.sample_events import project_entity, tracked_events
from lib.studio.vocabulary import CLIENT, Definition

NAME = "take-home"
SHIPPED_VENDOR = "com.example"
LONG_AGO = (2026, 1, 1, 0, 0, 0)  # the same files make the same archive


@dataclass(frozen=True)
class TakeHome:
    """Definitions, and where they are to be published.

    `address` is a sandbox's, with its token, which is a secret. Without one, the files for the
    sandbox expect one on the same machine. `vendor` is the vendor of the
    project's schemas, and `added` are those that somebody added to their sandbox.
    """

    definitions: tuple[Definition, ...]
    vendor: str
    address: str = ""
    added: tuple[Schema, ...] = ()

    def archive(self) -> bytes:
        """All files, zipped."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in self.files().items():
                info = zipfile.ZipInfo(f"{NAME}/{name}", LONG_AGO)
                archive.writestr(info, text, zipfile.ZIP_DEFLATED)
        return packed.getvalue()

    def files(self) -> dict[str, str]:
        """Each file's text, by its path."""
        sandbox, account = self.cells(is_sandbox=True), self.cells(is_sandbox=False)
        return {
            "README.md": words.readme(self.address),
            "sandbox.ipynb": notebook(sandbox),
            "sandbox.py": script(sandbox),
            "account.ipynb": notebook(account),
            "account.py": script(account),
            **_schema_files(self.vendor),
            **{
                f"schemas/{each.address('').removeprefix('iglu:')}": f"{each.source}\n"
                for each in self.added
            },
        }

    def cells(self, *, is_sandbox: bool) -> list[Cell]:
        """The program, in pieces."""
        has_rule = any(isinstance(each, RuleIntervention) for each in self.definitions)
        acts = acts_until_rules_are_true(self.definitions)
        return [
            Cell("words", words.opening(self.address, is_sandbox=is_sandbox)),
            Cell("jupyter", words.INSTALL),
            Cell("words", words.CONNECT),
            Cell("code", words.client(self.address, is_sandbox=is_sandbox)),
            Cell("words", words.PUBLISH),
            Cell("code", written_python(self.definitions, client=False).rstrip()),
            Cell("words", words.WHO),
            Cell("code", words.ids(more_ids(self.definitions))),
            *(self._subscribing() if has_rule else []),
            *self._tracking(acts.count - 1 if has_rule else acts.count),
            *self._reading(is_sandbox=is_sandbox),
            *(self._being_nudged(acts) if has_rule else []),
        ]

    def _tracking(self, count: int) -> list[Cell]:
        statements, unknown = tracked_events(self.definitions, self.vendor, self.added)
        code = words.TRACKER.substitute(
            page_view="    PageView,\n" if any("PageView" in each for each in statements) else "",
            more_ids=words.id_setters(more_ids(self.definitions)),
            project=project_entity(self.vendor),
            statements="\n".join(statements),
            count=count,
            after=count + 1,
        )
        said = [words.TRACK]
        if unknown:
            said.append(words.NOT_TRACKED.format(", ".join(unknown)))
        return [Cell("words", "\n\n".join(said)), Cell("code", code)]

    def _being_nudged(self, acts: Acts) -> list[Cell]:
        """The last act, and what is known of when the rules become true."""
        _, unknown = tracked_events(self.definitions, self.vendor, self.added)
        if not acts.is_enough:
            said = words.NOT_ENOUGH.format(most=MOST_TIMES)
        else:
            said = words.EXACT if acts.is_exact and not unknown else words.NOT_EXACT
        return [
            Cell("words", f"{words.FIRE}\n\n{said}"),
            Cell("code", words.NUDGE.substitute(last=acts.count)),
        ]

    def _reading(self, *, is_sandbox: bool) -> list[Cell]:
        statements = reads(self.definitions)
        if not statements:
            return []
        pause = [] if is_sandbox else [words.PAUSE]
        return [
            Cell("words", words.READ),
            Cell("code", "\n".join([*pause, *statements])),
        ]

    def _subscribing(self) -> list[Cell]:
        listened = ", ".join(f"{key}: [{name}]" for key, name in identifiers(self.definitions))
        said = [words.SUBSCRIBE]
        missed = not_heard(self.definitions)
        if missed:
            said.append(words.NOT_HEARD.format(", ".join(missed)))
        return [
            Cell("words", "\n\n".join(said)),
            Cell("code", words.SUBSCRIPTION.substitute(client=CLIENT, listened=f"{{{listened}}}")),
        ]


def _schema_files(vendor: str) -> dict[str, str]:
    """The project's own schemas under a vendor, as an Iglu registry lays them out."""
    files = {}
    for file in sorted(FOLDER.glob("*/jsonschema/*-*-*")):
        schema = json.loads(file.read_text())
        schema["self"]["vendor"] = vendor
        name, version = schema["self"]["name"], schema["self"]["version"]
        path = f"schemas/{vendor}/{name}/jsonschema/{version}"
        files[path] = json.dumps(schema, indent=2) + "\n"
    return files


def ordered(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Definitions in the order in which they can be published: groups before what uses them."""
    kinds = ("attributes", "attribute_groups", "criteria")
    return tuple(
        sorted(
            definitions,
            key=lambda each: next(
                (rank for rank, field in enumerate(kinds) if field in type(each).model_fields),
                len(kinds),
            ),
        )
    )
