"""Makes lib/ui/first_icons.woff2 anew: `make icons`.

It is Streamlit's font of icons with those alone that this app or Streamlit's own scripts name. A
name becomes a picture as a ligature does: the font has a rule for each that replaces its letters.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from streamlit.file_util import get_static_dir

from lib.ui.first_icons import FONT, streamlits_font

ROOT = Path(__file__).parent.parent
STREAMLITS = Path(get_static_dir())
NAMED = re.compile(r":material/([a-z0-9_]+)")
NAMED_LATER = ":material/{"  # in a file with such a text, any word may be an icon's name
WORD = re.compile(r'"([a-z0-9_]+)"')


def whole_font() -> TTFont:
    """Streamlit's font of all icons."""
    return TTFont(STREAMLITS / streamlits_font())


def icons(font: TTFont) -> dict[tuple[str, ...], str]:
    """The icons of a font: the letters of a name -> its picture, all by their names as glyphs."""
    return {
        (first, *each.Component): each.LigGlyph
        for lookup in font["GSUB"].table.LookupList.Lookup
        for table in lookup.SubTable
        for first, ligatures in getattr(table, "ExtSubTable", table).ligatures.items()
        for each in ligatures
    }


def named(font: TTFont) -> set[str]:
    """The names of the icons in a font that the app or Streamlit may show."""
    known = icons(font)
    return {name for name in _words() if _letters(font, name) in known}


def small_font(font: TTFont, names: Iterable[str]) -> TTFont:
    """The font with these icons alone."""
    known = icons(font)
    letters = {each: _letters(font, each) for each in names}
    options = subset.Options(layout_closure=False, layout_features=["*"], glyph_names=False)
    subsetter = subset.Subsetter(options)
    pictures = {known[each] for each in letters.values()}
    subsetter.populate(glyphs=pictures.union(*letters.values()))
    subsetter.subset(font)
    font.flavor = "woff2"
    return font


def _words() -> Iterator[str]:
    ours = [*ROOT.glob("*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("lib/**/*.py")]
    for path in [*ours, *ROOT.glob("lib/ui/*.js"), *STREAMLITS.glob("static/js/*.js")]:
        text = path.read_text()
        yield from NAMED.findall(text)
        if path in ours and NAMED_LATER in text:
            yield from WORD.findall(text)


def _letters(font: TTFont, name: str) -> tuple[str, ...]:
    return tuple(font.getBestCmap().get(ord(each), "") for each in name)


if __name__ == "__main__":
    whole = whole_font()
    small_font(whole, named(whole)).save(FONT)
    print(f"{FONT.relative_to(ROOT)}: {FONT.stat().st_size:,} bytes")
