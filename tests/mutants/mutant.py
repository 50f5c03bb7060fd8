"""One seeded defect: what is replaced by what, and the narrow tests of which one has to fail."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Stale(Exception):
    """The patch no longer fits the code: the table has to follow it."""


@dataclass(frozen=True)
class Edit:
    """`old` stands exactly once in the file, and becomes `new`."""

    file: str
    old: str
    new: str

    def of(self, text: str) -> str:
        times = text.count(self.old)
        if times != 1:
            raise Stale(f"{self.file} has this {times} times and not once:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Mutant:
    """`tests`: what is given to pytest, of which one test at least must fail; `lane`: "b" needs PostgreSQL."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    lane: str = "a"

    def patched(self, root: Path = ROOT) -> dict[Path, str]:
        """The files that it touches, as they become. Raises Stale."""
        found: dict[Path, str] = {}
        for edit in self.edits:
            path = root / edit.file
            found[path] = edit.of(found.get(path) or path.read_text())
        return found


def mutant(name: str, file: str, old: str, new: str, *tests: str, lane: str = "a") -> Mutant:
    """A defect in one place."""
    return Mutant(name, (Edit(file, old, new),), tests, lane)
