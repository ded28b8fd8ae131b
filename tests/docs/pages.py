"""The documents as data: pages, tables, links and code blocks."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_FENCE = re.compile(
    r"^(?P<mark><!-- runnable -->\n)?(?P<fence>`{3,})(?P<language>\w*)\n(?P<content>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_CODE_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block of a page.

    Attributes:
        page: Path of the page, relative to the checkout.
        line: Line of the opening fence.
        language: What the fence says.
        runnable: Whether `<!-- runnable -->` stands right before it.
    """

    page: str
    line: int
    language: str
    runnable: bool
    content: str

    def __str__(self) -> str:
        """Say where it is, as editors do."""
        return f"{self.page}:{self.line}"


def text_of(name: str) -> str:
    """Read a page, by its path relative to the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


def prose_of(text: str) -> str:
    """Leave the fenced blocks out."""
    return _FENCE.sub("", text)


def section(text: str, heading: str) -> str:
    """Give what stands below a heading, up to the next one of its rank or above."""
    rank, _, _ = heading.partition(" ")
    start = re.search(rf"^{re.escape(heading)}$", text, re.MULTILINE)
    if start is None:
        raise LookupError(f"no heading {heading!r}")
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(rank)}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def first_cells(text: str) -> list[str]:
    """Give the code spans in the first column of all tables."""
    rows = (line for line in text.splitlines() if line.startswith("| "))
    return [span for row in rows for span in _CODE_SPAN.findall(row.split(" | ")[0])]


def row_of(text: str, name: str) -> str:
    """Give the table row that a name leads."""
    return next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))


def code_spans(text: str) -> set[str]:
    """Give everything that is set as code within prose and tables."""
    return set(_CODE_SPAN.findall(prose_of(text)))


def links(text: str) -> list[str]:
    """Give the targets of all links that stay within the checkout."""
    return [link for link in _LINK.findall(prose_of(text)) if "://" not in link and not link.startswith("mailto:")]


def anchors(text: str) -> set[str]:
    """Give the anchors that the headings of a page make."""
    return {_slug(heading) for heading in _HEADING.findall(prose_of(text))}


def code_blocks() -> Iterator[CodeBlock]:
    """Give all fenced blocks of all pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start("fence")) + 1
            name = page.relative_to(ROOT).as_posix()
            yield CodeBlock(name, line, match["language"], bool(match["mark"]), match["content"])


def _slug(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain)).strip("-")
