"""Every state of a sign at every width, as pictures that somebody looked at: what the twin's modules show is still what was seen."""

import importlib.util
from pathlib import Path

import pytest
from PIL import Image, ImageChops

SCRIPT = Path(__file__).parents[2] / "scripts" / "sign_pictures.py"
SPEC = importlib.util.spec_from_file_location("sign_pictures", SCRIPT)
drawing = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(drawing)


@pytest.mark.parametrize("width", drawing.WIDTHS)
@pytest.mark.parametrize("name", drawing.STATES)
def test_a_sign_shows_what_was_looked_at(name, width):
    kept = Image.open(drawing.HOME / f"{name}-{width}.png").convert("RGB")
    drawn = drawing.picture(drawing.STATES[name], width)
    assert drawn.size == kept.size
    assert ImageChops.difference(drawn, kept).getbbox() is None, "python scripts/sign_pictures.py, and look"


def test_no_picture_is_left_of_a_state_that_is_no_more():
    named = {f"{name}-{width}.png" for name in drawing.STATES for width in drawing.WIDTHS}
    assert {file.name for file in drawing.HOME.glob("*.png")} == named
