"""The examples of docs/simulator.md, with the addresses of this run in place of theirs."""

import re
from pathlib import Path

from .conftest import ACCOUNT, TOKEN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulator.md"


def section(title: str) -> str:
    return PAGE.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def examples(language: str, title: str = "Where a library knocks") -> list[str]:
    """How a client is made, as the page says it in this language; or what another section of it shows."""
    return re.findall(rf"```{language}\n(.*?)```", section(title), re.DOTALL)


def here(example: str, url: str) -> str:
    return example.replace("http://127.0.0.1:9911", url).replace("AC" + "0" * 32, ACCOUNT).replace("secret", TOKEN)
