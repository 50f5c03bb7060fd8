"""What the program says in another language: found in its sources, all of it, and as `make words` would write it."""

import ast

import pytest

from tests import words
from tests.words import ALONE, DOMAINS, LANGUAGES, NEVER, ROOT, TABLES

EACH = [(language, domain) for language in LANGUAGES for domain in DOMAINS]


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_the_catalogue_is_what_make_words_would_write(language, domain):
    path = words.file_of(domain, language)
    po, mo = words.written(words.renewed(domain, language))
    assert path.read_text() == po.decode(), "the sources say something else: make words"
    assert path.with_suffix(".mo").read_bytes() == mo, "what Django reads is older than what people read: make words"


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_nothing_lacks_words_and_its_places_are_those_of_the_english(language, domain):
    assert words.lacking(words.kept(domain, language)) == []


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_nothing_is_said_only_perhaps(language, domain):
    assert "fuzzy" not in words.file_of(domain, language).read_text()


# What is looked for ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('{% translate "Live calls" %}', ["Live calls"]),
        ("{% translate 'Live' as title %}{{ title }}", ["Live"]),
        ("{% blocktranslate %}Of {{ name }}{% endblocktranslate %}", ["Of %(name)s"]),
        (
            "{% blocktranslate trimmed with name=x|y %}\n  Of\n  {{ name }}: 5 %\n{% endblocktranslate %}",
            ["Of %(name)s: 5 %%"],
        ),
        (
            "{% blocktranslate count n=all|length %}{{ n }} call{% plural %}{{ n }} calls{% endblocktranslate %}",
            [("%(n)s call", "%(n)s calls")],
        ),
        ("<p>Live calls</p>{{ plural }}{% if plural %}{% endif %}", []),
    ],
)  # fmt: skip
def test_in_a_template(source, said):
    assert [*words.in_template(source)] == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("t`Waiting`", ["Waiting"]),
        ("t`Transfer to ${name} of ${team(1, {a: 2})}`", ["Transfer to {0} of {1}"]),
        ("t`All ${ok ? t`of ${a}` : `none ${b}`} here`", ["All {0} here", "of {0}"]),
        ("t`a ${'}'} b ${\"`\"}`", ["a {0} b {1}"]),
        (r"t`\u201cso\u201d \`x\``", ["“so” `x`"]),
        ('some(n, "{0} call", "{0} calls")', [("{0} call", "{0} calls")]),
        (
            'some(calls.filter((call) => call.live).length, "{0} of {1}", "{0} of {1}s", t`team`)',
            ["team", ("{0} of {1}", "{0} of {1}s")],
        ),
        ("const at`x`; some.other(1)", []),
    ],
)  # fmt: skip
def test_in_a_script(source, said):
    assert [*words.in_script(source)] == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('x = "The call has ended already."', ["The call has ended already."]),
        ('x = f"{name} has answered within {seconds:.0f} s."', ["{0} has answered within {1} s."]),
        ('x = "is heard by {} alone".format(who)', ["is heard by {0} alone"]),
        ('x = "A note has at most %(limit)d characters."', ["A note has at most {0} characters."]),
        ('x = f"to {name}"', ["to {0}"]),
        ('x = ("Two halves " f"of {one} sentence.")', ["Two halves of {0} sentence."]),
        ('x = "on a call"', ["on a call"]),
        ('x = " You have it on it. "', ["You have it on it."]),
        ('"""A docstring is none."""', []),
        ('log.warning("The log is not for %s people.", x)', []),
        ('_("Django finds this one.")', []),
        ('x = ("transfer_call", "in-progress", "application/json", f"call-{pk}", "a-b c^d", "{}", f"{a}{b}")', []),
        ('x: "dict[str, Any] | None" = None', []),
        ('x = models.TextField(help_text="Of the admin.")', []),
    ],
)
def test_of_the_programs_own_sentences(source, said):
    assert [*words.sentences(ast.parse(source))] == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('gettext("Live calls")', ["Live calls"]),
        ('_("Live") + gettext_lazy("calls")', ["Live", "calls"]),
        ('ngettext("%(n)s call", "%(n)s calls", n)', [("%(n)s call", "%(n)s calls")]),
        ("gettext(name)", []),
    ],
)
def test_of_what_python_marks(source, said):
    assert [*words.marked(ast.parse(source))] == said


def test_of_tables():
    tables = 'A = {"x": "on", "y": ("1", "off")}\nB = Look("Waiting", "icon")\nC = [("en", "English")]\nD = {"z": "no"}'
    with pytest.raises(AssertionError):
        [*words.in_tables(ast.parse('A = {"x": y}'), {"A": 0})]
    assert [*words.in_tables(ast.parse(tables), {"B": 0, "C": 1})] == ["Waiting", "English"]
    assert [*words.in_tables(ast.parse('A = {"y": ("1", "off")}'), {"A": 1})] == ["off"]


# What is listed by hand is there -----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", TABLES)
def test_a_table_that_is_read_is_in_its_file(file):
    for table, at in TABLES[file].items():
        assert [*words.in_tables(ast.parse((ROOT / file).read_text()), {table: at})], table


@pytest.mark.parametrize("file", ALONE)
def test_a_word_that_stands_alone_is_in_its_file(file):
    literals = {node.value for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.Constant)}
    assert {each for each in ALONE[file] if each.replace(" ", "_") not in literals and each not in literals} == set()


def test_what_is_left_out_would_be_found(monkeypatch):
    monkeypatch.setattr(words, "NEVER", set())
    assert {said for (_, said), _ in words.found("djangojs").items()} >= NEVER
