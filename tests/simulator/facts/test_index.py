"""How many rules of the facts are shown here: every test whose name begins with the section of its rule."""

import re
from collections import Counter
from pathlib import Path

RULE = re.compile(r"^ *def test_((?:\d+_)+)[a-z]", re.MULTILINE)
# Sections that hold rules for a simulator, and the least that is to be shown of each.
LEAST = {"0": 18, "1": 11, "2": 34, "3": 45, "4": 60, "5": 32, "6": 28, "7": 55, "8": 30, "9": 20}


def test_at_least_120_rules_are_shown_and_some_of_every_section():
    rules = [rule for file in Path(__file__).parent.glob("test_s*.py") for rule in RULE.findall(file.read_text())]
    shown = Counter(rule.split("_")[0] for rule in rules)
    print(f"{len(rules)} rules shown: " + ", ".join(f"§{section} {shown[section]}" for section in sorted(shown)))
    assert len(rules) >= 120
    assert {section: shown[section] for section in LEAST if shown[section] < LEAST[section]} == {}
