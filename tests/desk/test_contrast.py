"""Who asks for more contrast gets it: 7:1 for every text on every surface, light and dark (WCAG 1.4.6)."""

import re
from pathlib import Path

import pytest

DESK = Path(__file__).resolve().parents[2] / "static" / "desk"
TOKEN = re.compile(r"--([\w-]+):\s*light-dark\((#\w{6}), (#\w{6})\)")
COLOURS = {
    name: colours
    for file in ("tokens.css", "contrast.css")
    for name, *colours in TOKEN.findall((DESK / file).read_text())
}
SURFACES = [name for name in COLOURS if name.startswith("surface-")]
TEXTS = [name for name in COLOURS if re.fullmatch(r"text|text-(strong|soft|faint)|\w+-text", name)]


def light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_high_contrast_is_high(scheme):
    assert len(TEXTS) >= 11 and len(SURFACES) >= 6
    low = [
        (text, surface, round(found, 1))
        for text in TEXTS
        for surface in SURFACES
        if (found := ratio(COLOURS[text][scheme], COLOURS[surface][scheme])) < 7
    ]
    assert low == []
