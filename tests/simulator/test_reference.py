"""The page about people and scenarios says what there is: no key more, none less."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from simulator.generators import When
from simulator.scenario import Callers, Change, People, Requests, Scenario, names, read
from simulator.settings import Behaviour
from simulator.ways import SCRIPT, Chosen, built_in

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scenarios.md").read_text()


def table(heading):
    """The rows of the first table under a heading, each as its cells."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+) \|$", section, re.MULTILINE)
    return [[cell.strip() for cell in re.split(r" \| ", row)] for row in rows[2:]]


def test_all_that_can_be_said_of_somebody_is_there():
    keys = {key.strip("`"): of for key, of, _ in table("What can be said of somebody")}
    assert set(keys) == {one.name for one in fields(Behaviour)}
    assert {key for key, of in keys.items() if of == "both"} == set(SCRIPT)


def test_every_persona_is_there_in_its_own_words():
    assert table("Personas") == [[name, persona.about] for name, persona in built_in().items()]


def keys_of(kind, *without):
    return {one.name for one in fields(kind)} - {one.name for other in without for one in fields(other)}


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("A scenario file", keys_of(Scenario)),
        ("When", keys_of(When)),
        ("Callers", keys_of(Callers, When, Chosen)),
        ("People", keys_of(People, Behaviour)),
        ("Requests", keys_of(Requests, When)),
    ],
)
def test_every_key_of_a_scenario_is_there(heading, keys):
    assert {key.strip("`") for key, _ in table(heading)} == keys
    assert keys_of(Change, Chosen) == {"at"}


def test_every_scenario_is_there_under_its_title():
    assert table("Those that come with it") == [[name, read(name).title] for name in names()]


def test_the_example_can_be_played(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "example.toml"
    file.write_text(example)
    assert read(str(file)).callers[0].name == "as the doors open"
