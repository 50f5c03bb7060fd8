"""Whoever reads docs/matrix.md reads what is tried."""

import os

from tests.control.matrix_page import page
from tests.control.test_matrix import SHAPES, TABLE
from tests.test_docs import ROOT

PAGE = ROOT / "docs" / "matrix.md"


def test_the_page_says_what_is_tried_on_every_kind_of_call():
    if os.environ.get("DOCS"):
        PAGE.write_text(page(TABLE))
    assert PAGE.read_text() == page(TABLE)
    assert TABLE.keys() == SHAPES.keys()
    assert sum(len(wishes) for wishes in TABLE.values()) >= 250
