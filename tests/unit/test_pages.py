"""The pages: every link leads somewhere, every page is found, every word is explained."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from recon.base.events import Severity
from recon.base.result import Cause, Flag, Status
from tests.pages import DOCS, README, ROOT, anchors, links, pages, text_of

LINKED = [
    *pages(), ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", ROOT / "schedules" / "README.md",
    ROOT / "reports" / "README.md",
]  # fmt: skip
GLOSSARY = DOCS / "glossary.md"


def local(page: Path) -> list[tuple[Path, str]]:
    """The files that a page links to, each with its anchor."""
    found = []
    for link in links(page):
        if not re.match(r"\w+:", link):
            target, _, anchor = link.partition("#")
            found.append(((page.parent / target).resolve() if target else page, anchor))
    return found


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every file that is linked to is in the repository, and has the heading."""
    for target, anchor in local(page):
        assert target.exists(), f"{page.name} links to {target}, which is not there"
        assert target.is_relative_to(ROOT)
        assert not anchor or anchor in anchors(target), f"{page.name}: no #{anchor} in {target}"


def test_every_page_is_reached_from_the_readme() -> None:
    """Links lead from README.md to every page."""
    reached: set[Path] = set()
    ahead = [README]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        ahead += {target for target, _ in local(page) if target.suffix == ".md"} - reached
    assert set(LINKED) <= reached


def test_the_readme_fits_on_two_screens() -> None:
    """What it does not hold is in docs/."""
    assert len(text_of(README).splitlines()) <= 90


def test_anchors_are_those_of_github(tmp_path: Path) -> None:
    """Marks are left out, blanks become hyphens, and a repeated heading is numbered."""
    page = tmp_path / "page.md"
    page.write_text(
        "# `recon` task: a [link](there)\n\n```\n# code\n```\n\n## Good-bye\n\n## Good-bye\n",
        encoding="utf-8",
    )
    assert anchors(page) == {"recon-task-a-link", "good-bye", "good-bye-1"}


def helps() -> dict[str, str]:
    """The help text of every command, as the page has them."""
    parts = text_of(DOCS / "command-line.md").split("\n## recon")[1:]
    return {f"recon{part.splitlines()[0]}": part for part in parts}


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_the_text_are_those_of_the_program(page: Path) -> None:
    """A command that a sentence names exists, and has the options that are named with it."""
    known = helps()
    for called in re.findall(r"`(recon [a-z][^`]*)`", text_of(page)):
        two, one = (" ".join(called.split()[:count]) for count in (3, 2))
        shown = known.get(two) or known.get(one)
        assert shown, f"{page.name}: {called}"
        for option in re.findall(r"--[a-z-]+", called):
            assert f"{option} " in shown, f"{page.name}: {called}"


def entries() -> dict[str, str]:
    """The words of the glossary, each with what it says of it."""
    parts = text_of(GLOSSARY).split("\n## ")[1:]
    return dict(part.split("\n\n", 1) for part in parts)


def test_the_glossary_is_regular() -> None:
    """In alphabetical order; a paragraph of one or two sentences each, and nothing but words."""
    words = re.findall(r"^## (.+)$", text_of(GLOSSARY), flags=re.M)
    assert words == sorted(set(words))
    for word, said in entries().items():
        assert "\n\n" not in said.strip() and "](" not in said, word
        assert 1 <= len(re.findall(r"[.](?:\s|$)", said)) <= 2, word


def test_the_glossary_has_every_word_of_a_result() -> None:
    """Whatever status, cause, flag or severity a report shows is explained."""
    shown = [name.value for kind in (Status, Cause, Flag) for name in kind]
    shown += [severity.word for severity in Severity]
    assert {name.replace("_", " ") for name in shown} <= set(entries())


def test_every_cause_is_in_the_table_in_its_order() -> None:
    """The page lists the causes in the order in which they are named."""
    table = text_of(DOCS / "what-recon-computes.md")
    listed = re.findall(r"^\| \[([a-z ]+)\]\(glossary", table, flags=re.M)
    assert listed == [cause.value.replace("_", " ") for cause in Cause]


def test_every_key_of_the_json_document_is_listed() -> None:
    """The page lists what `recon month --json` prints."""
    printed = json.loads((ROOT / "tests" / "golden" / "month.json").read_text(encoding="utf-8"))
    section = text_of(DOCS / "python.md").partition("## Python\n")[0]
    rows = re.findall(r"^\| (`.+?) \|", section, flags=re.M)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(printed)
