"""What the documents name is there: files, addresses, commands."""

import re
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FILE = re.compile(r"`((?:calls|callcenter|simulator|static|templates|tests|docs|\.ci)(?:/[\w.-]+)*/?)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
ADDRESS = re.compile(
    r"`(?:GET |POST |PUBLIC_URL)?(/(?:twilio|desk|calls|sign-in|sign-out|me|admin|healthz|readyz)/[\w/<>-]*)`"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_and_link_that_is_named_exists(document):
    text = document.read_text()
    named = {(ROOT / name, name) for name in FILE.findall(text)}
    named |= {(document.parent / name, name) for name in LINK.findall(text)}
    assert not sorted(name for path, name in named if not path.exists())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_address_that_is_named_leads_somewhere(document):
    lost = []
    for address in ADDRESS.findall(document.read_text()):
        concrete = address.replace("<uuid>", "00000000-0000-0000-0000-000000000000").replace("<verb>", "end")
        try:
            resolve(concrete)
        except Resolver404:
            lost.append(address)
    assert not lost
