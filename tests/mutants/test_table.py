"""The table of defects is kept true: each patch fits the code as it is, and the tests that it names are there."""

import re

import pytest

from tests.mutants import MUTANTS
from tests.mutants.mutant import ROOT


def test_there_are_eighty_two_of_them_with_names_of_their_own():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 82


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_patch_fits_exactly_once_and_its_tests_are_there(mutant):
    for path, text in mutant.patched().items():
        assert text != path.read_text()
        if path.suffix == ".py":
            compile(text, path, "exec")
    assert mutant.tests
    for test in mutant.tests:
        file, *names = test.split("::")
        assert all(re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE) for name in names)
