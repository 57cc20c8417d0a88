"""Writes lib/iglu_central from a clone of Iglu Central: `python .ci/iglu_central.py FOLDER`.

Taken are the schemas of what Snowplow's trackers and their plugins send: pages, links, forms,
media, ecommerce, errors, sessions and devices. Descriptions are left out: they check nothing.

Source: https://github.com/snowplow/iglu-central (Apache-2.0)
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "lib" / "iglu_central"
SNOWPLOW = "com.snowplowanalytics.snowplow"
WHOLE = (f"{SNOWPLOW}.media", f"{SNOWPLOW}.ecommerce", "org.whatwg", "org.w3c")
TRACKED = (
    *("web_page", "browser_context", "client_session", "web_vitals", "activity_metrics"),
    *("link_click", "button_click", "site_search", "social_interaction", "timing"),
    *("change_form", "focus_form", "submit_form", "add_to_cart", "remove_from_cart"),
    *("ad_click", "ad_conversion", "ad_impression", "media_player", "media_player_event"),
    *("consent_document", "consent_granted", "consent_preferences", "consent_withdrawn"),
    *("application_background", "application_error", "application_foreground", "screen_view"),
    *("desktop_context", "mobile_context", "geolocation_context"),
)
WORDS = ("description", "title", "$comment")


def checking(schema: Any) -> Any:
    """A schema without the words that check nothing. Fields of these names stay."""
    if isinstance(schema, list):
        return [checking(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: each for name, each in schema.items() if not _is_said(name, each)}
    return {
        name: {field: checking(of_field) for field, of_field in each.items()}
        if name in ("properties", "patternProperties", "definitions")
        else checking(each)
        for name, each in kept.items()
    }


def _is_said(name: str, value: Any) -> bool:
    return name in WORDS and isinstance(value, str)


def main(folder: Path) -> None:
    """Write them all anew."""
    schemas = folder / "schemas"
    found = [schemas / SNOWPLOW / name for name in TRACKED]
    found += [each for vendor in WHOLE for each in (schemas / vendor).glob("*")]
    shutil.rmtree(TARGET, ignore_errors=True)
    for file in sorted(each for name in found for each in name.glob("jsonschema/*")):
        target = TARGET / file.relative_to(schemas)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(checking(json.loads(file.read_text()))) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
