"""Links to Snowplow's documentation lead to pages that exist.

The tests use no network, so `PAGES` lists what exists: folders and files below `docs/` and
`tutorials/` of https://github.com/snowplow/documentation at bf5ea4255f, of August 2026. Look a new
page up before you add it. Pages move, and old addresses lead elsewhere or nowhere.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FILES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("*.py"),
    *ROOT.glob(".streamlit/*.example"),
    *ROOT.glob("docs/**/*.md"),
    *(
        path
        for room in ("lib", "pages", "tests", "benchmarks")
        for path in ROOT.glob(f"{room}/**/*.py")
    ),
]
LINK = re.compile(r"https?://docs\.snowplow\.io/([\w/.-]*\w)")
PAGES = {
    "docs/account-management",
    "docs/api-reference/iglu",
    "docs/api-reference/snowplow-micro",
    "docs/api-reference/stream-collector",
    "docs/events/http-requests",
    "docs/events/timestamps",
    "docs/fundamentals/canonical-event",
    "docs/fundamentals/failed-events",
    "docs/fundamentals/schemas",
    "docs/pipeline/enrichments/available-enrichments",
    "docs/signals",
    "docs/signals/agentic-contexts",
    "docs/signals/applications/agentic-contexts",
    "docs/signals/applications/retrieve-attributes",
    "docs/signals/applications/services",
    "docs/signals/applications/subscribe",
    "docs/signals/attributes",
    "docs/signals/attributes/attribute-groups",
    "docs/signals/attributes/attribute-keys",
    "docs/signals/attributes/attributes",
    "docs/signals/attributes/warehouse-config",
    "docs/signals/concepts",
    "docs/signals/connection",
    "docs/signals/interventions",
    "docs/signals/ml-training-datasets",
    "docs/signals/setup",
    "docs/sources/python-tracker",
    "docs/sources/python-tracker/emitters",
    "docs/testing/snowplow-micro",
    "tutorials/python-tracking-and-signals/define-attributes",
    "tutorials/python-tracking-and-signals/introduction",
    "tutorials/python-tracking-and-signals/retrieve-and-act",
    "tutorials/python-tracking-and-signals/set-up-tracking",
    "tutorials/signals-agentic-accelerator/configure-signals",
    "tutorials/signals-interventions/define-attributes-python",
    "tutorials/signals-interventions/define-interventions",
    "tutorials/signals-ml-prospect-scoring/define-prospect-attributes",
    "tutorials/signals-personalize-travel/defining-attributes",
    "tutorials/signals-quickstart/retrieve-attributes",
    "tutorials/signals-quickstart/start",
}


def links() -> dict[str, list[str]]:
    """The pages that our files link to, and where."""
    found: dict[str, list[str]] = {}
    for path in FILES:
        for page in LINK.findall(path.read_text(encoding="utf-8")):
            found.setdefault(page, []).append(str(path.relative_to(ROOT)))
    return found


def test_every_link_to_snowplow_s_documentation_leads_to_a_page() -> None:
    assert {page: where for page, where in links().items() if page not in PAGES} == {}
    assert len(links()) > 20
