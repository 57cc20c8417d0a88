"""The pictures in the documents are those that the script makes, and the other way round."""

import re
from pathlib import Path

from PIL import Image

from tests.support.scripts import script

ROOT = Path(__file__).parent.parent.parent
IMAGES = ROOT / "docs" / "images"


def made() -> set[str]:
    """The names of the pictures that the script makes."""
    screenshots = script("docs/screenshots.py")
    return {*screenshots.PICTURES, screenshots.ANIMATION}


def test_every_picture_is_made_by_the_script():
    assert {each.stem for each in IMAGES.iterdir()} == made()


def test_every_picture_is_in_the_readme_with_words_for_those_who_do_not_see_it():
    shown = re.findall(
        r'<img src="docs/images/(\w+)\.webp"[^>]* alt="[^"]{20,}"', (ROOT / "README.md").read_text()
    )
    assert sorted(shown) == sorted(made())


def test_story_is_an_animation_of_at_most_half_a_megabyte():
    path = IMAGES / "story.webp"
    with Image.open(path) as story:
        assert getattr(story, "n_frames", 1) > 5
    assert path.stat().st_size < 500_000
