"""Logos: which pictures are taken, and that they are small and nothing but pictures."""

import base64
from io import BytesIO

import pytest
from PIL import Image

from lib.demo.pictures import HOW, logo_problem


def data_url(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def picture(kind: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    written = BytesIO()
    Image.new("RGBA", size, (20, 120, 200, 128)).save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [("png", {}), ("webp", {}), ("webp", {"lossless": True}), ("webp", {"quality": 20})],
)
def test_small_pictures_are_taken(kind: str, options: dict[str, object]) -> None:
    assert logo_problem(data_url(picture(kind, **options), kind)) is None


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_pictures_with_too_many_pixels_are_not(kind: str) -> None:
    problem = logo_problem(data_url(picture(kind, (513, 20)), kind))
    assert problem == "This picture is 513 × 20 pixels. Use one of at most 512 × 512."


def test_a_simple_webp_without_transparency_is_measured() -> None:
    written = BytesIO()
    Image.new("RGB", (513, 20)).save(written, "webp")
    assert "513 × 20" in (logo_problem(data_url(written.getvalue(), "webp")) or "")


def test_large_pictures_are_not_taken() -> None:
    content = picture("png") + b"x" * 3_000
    assert f"This picture has {len(content):,} bytes." in (
        logo_problem(data_url(content, "png")) or ""
    )


@pytest.mark.parametrize("kind", ["png", "webp"])
@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"GIF89a" + b"x" * 40])
def test_what_only_says_that_it_is_a_picture_is_not_taken(content: bytes, kind: str) -> None:
    assert (
        logo_problem(data_url(content or b"x", kind))
        == f"This is not a {kind.upper()} picture. {HOW}"
    )


@pytest.mark.parametrize(
    "logo",
    [
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:text/html;base64,PHN2Zz4=",
        "data:image/png;base64,****",
        "https://example.com/logo.png",
        "data:image/png,abc",
    ],
)
def test_other_kinds_and_addresses_are_not_taken(logo: str) -> None:
    assert HOW in (logo_problem(logo) or "")


def test_truncated_picture_is_reported() -> None:
    assert logo_problem("data:image/png;base64,abcde") == f"This picture is not complete. {HOW}"


@pytest.mark.parametrize("logo", ["🛒", "🏕️", "👨‍👩‍👧", "✓", "F", "FF", "東京", "🇩🇪"])
def test_emoji_and_letters_are_taken(logo: str) -> None:
    assert logo_problem(logo) is None


@pytest.mark.parametrize("logo", ["", "Shop", "<", "&", "'/", "🛒" * 11, "\u200d"])
def test_words_and_signs_are_not_taken(logo: str) -> None:
    assert logo_problem(logo) == f"This is not a logo. {HOW}"
