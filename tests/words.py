"""What the program says, found in its sources, beside what calls/locale has of it. `make words` writes both anew.

Two catalogues: `django.po` of templates, forms, models and the admin; `djangojs.po` of the scripts and of the program's
own sentences, which are recorded in English and read in another language (calls/desk/said.py, static/desk/say.js).
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template.base import Lexer, TokenType

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "calls" / "locale"
LANGUAGES, DOMAINS = ["es"], ["django", "djangojs"]
BEGUN = datetime(2026, 11, 22, tzinfo=UTC)  # the same words make the same file
MARKS = {"_", "gettext", "gettext_lazy", "ngettext"}
SAID = "said"  # the context of recorded sentences: what a script says means something else by the same words
# Where sentences are made that somebody reads: each literal with a space between two words is taken for one.
SAYS = [
    "calls/control",
    "calls/desk",
    "calls/floor/bulk.py",
    "calls/floor/notices.py",
    "calls/floor/outcomes.py",
    "calls/intake/proving.py",
    "calls/intake/reconcile/verify.py",
    "calls/management/drilling.py",
    "calls/twilio/gateway.py",
    "calls/twilio/sounds.py",
    "calls/twilio/typed.py",
    "calls/twilio/wire.py",
]
# Tables whose values are words, or put into sentences; and which part of a value it is.
TABLES = {
    "calls/control/cast.py": {"ROLE_WORDS": 0, "NOUNS": 0, "STATUS_WORDS": 0},
    "calls/control/hearing.py": {"WORDS": 0},
    "calls/control/verbs/cast.py": {"TITLES": 0},
    "calls/control/verbs/transfer.py": {"STATES": 0},
    "calls/models/library.py": {"LANGUAGES": 1, "VOICES": 1},
}  # fmt: skip
CHOICES = {"calls/models/library.py": ""}  # never a part of a sentence: “Spanish” in one is the name of a queue
# Single words that stand alone, or in a sentence, as literals of these files.
ALONE = {
    "calls/control/cast.py": ["Leg", "talking", "whispers", "listens"],
    "calls/control/plan.py": ["Announce?"],
    "calls/management/commands/drill.py": ["It was stopped by hand."],
    "calls/control/plans/seats.py": ["music", "somebody"],
    "calls/control/plans/taking.py": ["you"],
    "calls/control/verbs/redirect.py": ["elsewhere"],
    "calls/control/verbs/transfer.py": ["available"],
    "calls/desk/agent.py": ["Noted."],
    "calls/desk/bulk.py": ["Stopped.", "somebody"],
    # Of who did something at the same time: “ben is already on it (take_over, 3 s ago).”
    "calls/control/policy.py": [
        "transfer", "announce", "end", "redirect", "hold", "resume", "mute", "unmute", "kick", "complete", "cancel",
        "swap", "add", "pull", "move", "front", "monitor", "leave", "whisper", "barge", "take_over", "hand_back",
        "take over", "hand back",
    ],
}  # fmt: skip
# What reads like a sentence, and nobody reads in another language: keys, queries, what programs say to each other,
# and mails, which are sent from no page.
NEVER = {
    "state code message step seen attempt lease_until due_at sent_at accepted_at settled_at looked_at",
    "no leg gets a document of this verb",
    "nobody waits",
    "Calls outside the directory: {0} are made, and {1}.",
    "{0}, {1}: {2}{3} of {4}",
    "{0} The desks are told.",
    "Noticed by {0} after {1} s.",
    "The call is on the desk, and looks like any other.",
    "Livedesk, red: {0}",
    "Nothing of ours goes to {0}.",
    "Not the SID of a number: {0}",
    "Not a CallSid: {0}",
    "Not a room: {0}",
    "Not a participant: {0} in {1}",
    "Not a SID: {0}",
}
# Patterns, several lines.
HUSH = re.compile(r"[\\^]|^[a-z-]+/[a-z-]+|\n")
SENTENCE = re.compile(
    r"[^\W\d_]{2,}[,.:;…!?”’)]* [(“‘<]?[^\W\d_]+|[^\W\d_]{2,}.* \{\d\}|\{\d\}[,:;]? [^\W\d_]{2,}|[^\W\d_]{2,} \{\d\}"
)
PLACES = re.compile(r"\{\d\}|%\(\w+\)s")
HOLES = re.compile(r"\{\w*\}|%\(\w+\)[sd]")
UNSAID = {"code", "help_text", "verbose_name", "headers", "content_type"}  # what is given by these names is no sentence
# What is said: the context ("" of none), and the words (a pair where they are counted).
Each = tuple[str, str | tuple[str, str]]
Said = dict[Each, list[str]]  # where


def found(domain: str) -> Said:
    """All that is said in the sources of one catalogue."""
    said: Said = {}
    for path, each in in_pages() if domain == "django" else in_scripts():
        said.setdefault(each, []).append(str(path.relative_to(ROOT)))
    return said


def in_pages() -> Iterator[tuple[Path, Each]]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield from ((path, ("", each)) for each in in_template(path.read_text()))
    for path in sorted((ROOT / "calls").rglob("*.py")):
        yield from ((path, ("", each)) for each in marked(ast.parse(path.read_text())))


def in_scripts() -> Iterator[tuple[Path, Each]]:
    for path in sorted((ROOT / "static").rglob("*.js")):
        yield from ((path, ("", each)) for each in in_script(path.read_text()))
    for says in (ROOT / each for each in SAYS):
        for path in sorted(says.rglob("*.py")) if says.is_dir() else [says]:
            yield from ((path, (SAID, each)) for each in sentences(ast.parse(path.read_text())))
    for name, tables in TABLES.items():
        told = in_tables(ast.parse((ROOT / name).read_text()), tables)
        yield from ((ROOT / name, (CHOICES.get(name, SAID), each)) for each in told)
    for path in sorted((ROOT / "calls" / "management" / "drills").glob("*.toml")):
        script = tomllib.loads(path.read_text())
        told = [script["name"], script["cue"], *script["instead"].values()]
        yield from ((path, (SAID, numbered(each))) for each in told)
    for name, words in ALONE.items():
        yield from ((ROOT / name, (SAID, each)) for each in words)


# Templates ----------------------------------------------------------------------------------------------------------
TRANSLATE = re.compile(r"""translate ("[^"]*"|'[^']*')""")
BLOCK = re.compile(r"blocktranslate\b")


def in_template(source: str) -> Iterator[str | tuple[str, str]]:
    """{% translate "…" %}, and blocktranslate with its plural."""
    inside: list[str] | None = None
    for token in Lexer(source).tokenize():
        words = token.contents
        if token.token_type is TokenType.BLOCK:
            if found := TRANSLATE.match(words):
                yield found[1][1:-1]
            elif BLOCK.match(words):
                inside, trimmed = [""], "trimmed" in words.split()
            elif words == "plural" and inside is not None:
                inside.append("")
            elif words == "endblocktranslate" and inside is not None:
                kept = [re.sub(r"\s*\n\s*", " ", each.strip()) if trimmed else each for each in inside]
                yield (kept[0], kept[1]) if len(kept) > 1 else kept[0]
                inside = None
        elif inside is not None:
            inside[-1] += f"%({words})s" if token.token_type is TokenType.VAR else words.replace("%", "%%")


# Python -------------------------------------------------------------------------------------------------------------
def marked(tree: ast.AST) -> Iterator[str | tuple[str, str]]:
    """gettext("…"), gettext_lazy, ngettext."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            said = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if said:
                yield (said[0], said[1]) if node.func.id == "ngettext" else said[0]


def sentences(tree: ast.AST) -> Iterator[str]:
    """Every literal that reads like one, but for docstrings, what is marked and what the log is told.
    f"{name} rings" is "{0} rings", and so is "{} rings"."""
    hushed = set(map(id, quiet(tree)))
    for node in ast.walk(tree):
        if id(node) in hushed:
            continue
        said = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = numbered(node.value.strip())
        elif isinstance(node, ast.JoinedStr):
            said = form_of(node).strip()
        if SENTENCE.search(said) and not HUSH.search(said) and said not in NEVER:
            yield said


def numbered(words: str) -> str:
    places = count()
    return HOLES.sub(lambda _: f"{{{next(places)}}}", words)


def form_of(node: ast.JoinedStr) -> str:
    places = count()
    return "".join(str(each.value) if isinstance(each, ast.Constant) else f"{{{next(places)}}}" for each in node.values)


def quiet(tree: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, types, errors of programmers, what is logged or translated, and the literal parts of an f-string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.Call):
            whose = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            if isinstance(whose, ast.Name) and whose.id in {*MARKS, "log", "re", "logger"}:
                yield from ast.walk(node)
            yield from (part for each in node.keywords if each.arg in UNSAID for part in ast.walk(each.value))
        elif isinstance(node, ast.AnnAssign):
            yield from ast.walk(node.annotation)
        elif isinstance(node, ast.JoinedStr):
            yield from (each for each in node.values if isinstance(each, ast.Constant))
            specs = [each.format_spec for each in node.values if isinstance(each, ast.FormattedValue)]
            yield from (part for spec in specs if spec for part in ast.walk(spec))


def in_tables(tree: ast.Module, tables: dict[str, int]) -> Iterator[str]:
    """The words in the values of these: {"goes": ("ends", "close")} with 0 is "ends"."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in tables:
            at = tables[node.targets[0].id]
            for value in values_of(node.value):
                word = value
                if isinstance(value, ast.Call):
                    word = value.args[at]
                elif isinstance(value, ast.Tuple):
                    word = value.elts[at]
                assert isinstance(word, ast.Constant), ast.dump(word)
                yield str(word.value)


def values_of(table: ast.expr) -> Sequence[ast.expr]:
    if isinstance(table, ast.Dict):
        return table.values
    return table.elts if isinstance(table, ast.List | ast.Tuple) else [table]


# Scripts ------------------------------------------------------------------------------------------------------------
COUNTED = re.compile(r'''(?<![\w.])some\([^"`]*?"((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"''')
ESCAPED = re.compile(r"\\u\{?([0-9a-fA-F]{4})\}?")
TAGGED = re.compile(r"(?<![\w.$])t`")


def in_script(source: str) -> Iterator[str | tuple[str, str]]:
    """t`Transfer to ${name}` is "Transfer to {0}"; some(n, "{0} call", "{0} calls") is a pair."""
    for found in TAGGED.finditer(source):
        yield tagged(source, found.end())
    for found in COUNTED.finditer(source):
        yield unescaped(found[1]), unescaped(found[2])


def tagged(source: str, at: int) -> str:
    words, place = "", -1
    while source[at] != "`":
        if source.startswith("${", at):
            at = past(source, at + 2)
            words += f"{{{(place := place + 1)}}}"
        elif source[at] == "\\":
            words += source[at : at + 2]
            at += 2
        else:
            words += source[at]
            at += 1
    return unescaped(words)


def past(source: str, at: int) -> int:
    """Behind the brace that closes the expression which begins here, whatever strings and templates are in it."""
    while source[at] != "}":
        if source[at] in "\"'":
            at = source.index(source[at], at + 1) + 1
        elif source[at] == "`":
            at += 1
            while source[at] != "`":
                at = past(source, at + 2) if source.startswith("${", at) else at + (2 if source[at] == "\\" else 1)
            at += 1
        elif source[at] == "{":
            at = past(source, at + 1)
        else:
            at += 1
    return at + 1


def unescaped(words: str) -> str:
    words = ESCAPED.sub(lambda each: chr(int(each[1], 16)), words)
    return words.replace('\\"', '"').replace("\\`", "`").replace("\\\\", "\\")


# Catalogues ---------------------------------------------------------------------------------------------------------
def file_of(domain: str, language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def kept(domain: str, language: str) -> Catalog:
    path = file_of(domain, language)
    return read_po(BytesIO(path.read_bytes() if path.exists() else b""), locale=language, domain=domain)


def renewed(domain: str, language: str) -> Catalog:
    """What is said now, with the words there are for it already."""
    old = kept(domain, language)
    new = Catalog(
        language,
        domain,
        header_comment=f"# Livedesk: {domain}.",
        project="Livedesk",
        version="1",
        last_translator="Livedesk",
        language_team=language,
        creation_date=BEGUN,
        revision_date=BEGUN,
        fuzzy=False,
    )
    for (context, said), places in found(domain).items():
        before = old.get(said if isinstance(said, str) else said[0], context or None)
        words = before.string if before and isinstance(before.string, str) == isinstance(said, str) else None
        where = [(place, None) for place in dict.fromkeys(places)]
        new.add(said, words, locations=where, context=context or None)
    return new


def written(catalog: Catalog) -> tuple[bytes, bytes]:
    """As text for people, and as Django reads it."""
    po, mo = BytesIO(), BytesIO()
    write_po(po, catalog, width=140, sort_output=True, include_lineno=False, omit_header=False)
    write_mo(mo, catalog)
    return po.getvalue(), mo.getvalue()


def lacking(catalog: Catalog) -> list[str]:
    """What there are no words for, or other places in them than in the English. Of a counted pair the words for one may
    do without the number."""
    return [f"{message.id!r}: {message.string!r}" for message in catalog if message.id and lacks(message)]


def lacks(message: Message) -> bool:
    one, *more = [message.id] if isinstance(message.id, str) else message.id
    said = [message.string] if isinstance(message.string, str) else [*(message.string or [""])]
    wanted = places_in(more[-1] if more else one)
    return not all(said) or places_in(said[-1]) != wanted or not places_in(said[0]) <= wanted


def places_in(words: str) -> set[str]:
    return set(PLACES.findall(words))


def main() -> int:
    short = 0
    for language in LANGUAGES:
        for domain in DOMAINS:
            catalog = renewed(domain, language)
            path = file_of(domain, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            po, mo = written(catalog)
            path.write_bytes(po)
            path.with_suffix(".mo").write_bytes(mo)
            missing = lacking(catalog)
            short += len(missing)
            print(f"{language} {domain}: {len(catalog)} said, {len(missing)} without words")
            print("\n".join(missing[:20]))
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
