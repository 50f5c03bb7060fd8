"""`docs/rights.md` says what the code does: every verb, every permission, in the same words."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.urls import resolve

from calls.control.policy import PERMISSION
from calls.control.verbs import VERBS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "rights.md").read_text()


def table(heading: str) -> list[list[str]]:
    part = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return rows[2:]


def test_every_verb_has_its_line_its_address_and_its_permission():
    told = {verb: permission.strip("`") for verb, _, permission in table("What can be wished")}
    assert told == PERMISSION
    assert set(told) == set(VERBS)
    for verb, address, _ in table("What can be wished"):
        method, path = address.strip("`").split(" ")
        found = resolve(path.replace("<uuid>", "00000000-0000-0000-0000-000000000000"))
        assert (method, found.url_name, found.kwargs["verb"]) == ("POST", "wish", verb)


def test_every_permission_has_its_line_and_no_other_has(rows):
    told = [name for row in table("Permissions") for name in re.findall(r"`(\w+)`", row[0])]
    ours = Permission.objects.filter(content_type__app_label="calls")
    assert sorted(told) == sorted(ours.values_list("codename", flat=True))


@pytest.mark.parametrize("row", [row for row in table("Permissions") if row[0].count("`") == 2], ids=lambda row: row[0])
def test_a_permission_is_called_in_the_docs_what_it_is_called_on_the_page(rows, row):
    assert Permission.objects.get(content_type__app_label="calls", codename=row[0].strip("`")).name == row[1]


def test_no_two_permissions_have_one_name(rows):
    names = list(Permission.objects.filter(content_type__app_label="calls").values_list("codename", flat=True))
    assert len(names) == len(set(names))
