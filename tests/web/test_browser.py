"""The page in a real browser: journeys, the keyboard, 390 pixels, accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recon.record.access import schema
from tests.inbox import SALES
from tests.web.server import Served, chromium, served
from tests.web.visitor import ATTACK, BAD, GOOD, PASSWORD, House, house

pytestmark = pytest.mark.slow
PATIENCE = 60_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with a month that has a critical break, a small limit, and a store."""
    folder = tmp_path_factory.mktemp("browser")
    made = house(folder, '[web]\nmax_upload = "2MB"\n')
    (folder / "inbox").mkdir()
    (folder / "inbox" / "uk1.csv").write_bytes(
        "".join(
            [f"{SALES},category,store\n"]
            + [
                f"S{n},2024-{1 + n % 6:02}-{1 + n % 28:02},P{n % 7},C{n % 11},{1 + n % 3},"
                f"{5 + n % 9}.50,{'Tea' if n % 2 else 'Sugar'},Shop {n % 3}\n"
                for n in range(400)
            ]
        ).encode()
    )
    from tests.shell import in_process

    assert in_process("load", "--quiet", cwd=folder).returncode in (0, 3)
    return made


@pytest.fixture(scope="module")
def server(made: House) -> Iterator[Served]:
    """Yield a server of the house."""
    with served(made.project.folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Yield one browser for all journeys."""
    api = pytest.importorskip("playwright.sync_api")
    if not chromium():
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as playwright:
        # As root, which CI is, Chromium needs to be told.
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


class Tab:
    """A tab of the browser: nothing in it may go wrong unseen."""

    def __init__(self, browser: Any, place: str, **options: Any) -> None:
        self.context = browser.new_context(base_url=place, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _heard(self, message: Any) -> None:
        # That an upload was refused is what is tested.
        if message.type == "error" and "413" not in message.text:
            self.wrong.append(message.text)

    def login(self, name: str) -> None:
        """Log in by the form."""
        self.page.goto("/login")
        self.page.fill("#name", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_selector("header .who")

    def close(self) -> None:
        """Close it; nothing went wrong."""
        self.context.close()
        assert self.wrong == []


def test_files_good_bad_huge_and_twice(browser: Any, server: Served, tmp_path: Path) -> None:
    """Each has its outcome beside its name; rejected rows are downloaded and sent again."""
    good, bad, huge = (tmp_path / f"{name}.csv" for name in ("good", "bad", "huge"))
    good.write_bytes(GOOD)
    bad.write_bytes(BAD.replace(b"2024-06-44", ATTACK.encode()))
    huge.write_bytes(b"x" * 2_500_000)
    tab = Tab(browser, server.place, accept_downloads=True)
    page = tab.page
    tab.login("uli")
    page.click("text=Send files")
    page.set_input_files("#files", [good, bad, huge])
    page.click("main button")
    page.wait_for_selector("#sent li:nth-child(3)")
    page.wait_for_selector("#sent progress", state="detached")
    said = page.inner_text("#sent")
    assert "good.csv: Loaded: 2 rows, 2 inserted." in said
    assert "1 rejected" in said
    assert "larger than 2,000,000 bytes" in said
    page.set_input_files("#files", [good])
    page.click("main button")
    page.wait_for_selector("#sent li:nth-child(4) a")
    assert "is here already" in page.inner_text("#sent li:nth-child(4)")
    page.click("#sent li:nth-child(2) a")
    assert ATTACK in page.inner_text("main")
    with page.expect_download() as download:
        page.click("text=Download the rejected rows")
    mended = tmp_path / "mended.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    mended.write_text(text.replace(ATTACK, "2024-06-14"), encoding="utf-8")
    page.goto("/uploads")
    page.set_input_files("#files", [mended])
    page.click("main button")
    page.wait_for_selector("#sent li:nth-child(1) a")
    assert "Loaded: 1 row" in page.inner_text("#sent li:nth-child(1)")
    tab.close()


def test_a_break_is_acknowledged_and_two_people_sign(browser: Any, server: Served) -> None:
    """From the month to its break, the answer, and both signatures."""
    paul, rita = Tab(browser, server.place), Tab(browser, server.place)
    paul.login("paul")
    page = paul.page
    page.click("nav >> text=Months")
    page.click("text=June 2024")
    assert "critical" in page.inner_text(".answer")
    page.click("td a[href^='/breaks/'] >> nth=0")
    page.fill("#reason", f"Put right in July. {ATTACK}")
    page.click("text=Acknowledge")
    page.wait_for_selector("text=Acknowledged:")
    assert ATTACK in page.inner_text("main")
    for tab, role in ((paul, "preparer"), (rita, "reviewer")):
        if tab is rita:
            tab.login("rita")
        page = tab.page
        page.goto("/months/2024-06")
        page.click("summary >> text=Sign this run")
        assert page.input_value("#role") == role
        page.fill("#comment", f"Checked as {role}.")
        page.click("button >> text=Sign")
        page.wait_for_selector(f"text=Checked as {role}.")
    rita.page.goto("/months")
    assert "yes, by paul (preparer) and rita (reviewer)" in rita.page.inner_text("main")
    paul.close()
    rita.close()


def test_in_by_link_and_password_out_and_expired(browser: Any, server: Served, made: House) -> None:
    """The link is good once; logging out ends it, and so does time."""
    tab = Tab(browser, server.place)
    tab.page.goto(server.link)
    tab.page.wait_for_selector("header .who")
    tab.page.click("text=Log out")
    assert tab.page.url.endswith("/login")
    tab.page.goto("/months")
    assert tab.page.url.endswith("/login?next=%2Fmonths")
    tab.page.fill("#name", "vera")
    tab.page.fill("#password", "wrong wrong wrong")
    tab.page.click("main button")
    tab.page.wait_for_selector("text=do not fit")
    tab.wrong.clear()  # the browser tells of a 401
    tab.page.fill("#name", "vera")
    tab.page.fill("#password", PASSWORD)
    tab.page.click("main button")
    tab.page.wait_for_selector("header .who")
    assert tab.page.url.endswith("/months")
    with schema.opened(made.settings.reports / schema.NAME) as connection:
        connection.execute("UPDATE sessions SET seen = seen - 40000")
    tab.page.goto("/breaks")
    assert "/login" in tab.page.url
    tab.close()


def test_figures_are_filtered_drilled_and_exported_as_seen(browser: Any, server: Served) -> None:
    """The filter is in the address, so that a colleague sees the same, and in the file."""
    tab = Tab(browser, server.place, accept_downloads=True)
    tab.login("vera")
    page = tab.page
    page.goto("/figures?view=revenue&by=category&period=2024-01..2024-06")
    page.wait_for_selector("#filters select")
    whole = page.inner_text("section[data-table]")
    assert "Tea" in whole
    page.goto("/figures?view=revenue&by=category&period=2024-01..2024-06#category=Tea")
    page.wait_for_selector("#only:not([hidden])")
    seen = page.inner_text("section[data-table]")
    assert "Sugar" not in seen
    with page.expect_download() as download:
        page.click("a[data-export=csv]")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "Tea" in text
    assert "Sugar" not in text
    # The page goes down to the products of the category; their total is in the file.
    total = re.findall(r"[\d,]+\.\d\d", seen)[-1].replace(",", "")
    assert total.rstrip("0").rstrip(".") in text
    tab.close()


def test_the_keyboard_alone_is_enough(browser: Any, server: Served) -> None:
    """Logging in, to a page, past the navigation, and out."""
    tab = Tab(browser, server.place)
    page, press = tab.page, tab.page.keyboard.press
    page.goto("/login")
    page.keyboard.type("vera")
    press("Tab")
    page.keyboard.type(PASSWORD)
    press("Enter")
    page.wait_for_selector("header .who")
    press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    seen = []
    for _ in range(30):
        press("Tab")
        words = page.evaluate("document.activeElement.textContent")
        seen.append(words)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", words
        if words == "Log out":
            break
    assert seen[:3] == ["recon", "Figures", "Months"]
    press("Enter")
    page.wait_for_url("**/login")
    tab.close()


PAGES = (
    "/", "/figures", "/figures?view=sales", "/months", "/months/2024-06", "/breaks", "/uploads",
    "/loads", "/loads/1", "/account", "/contracts/003?month=2024-06",
)  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_pages_fit_and_axe_finds_nothing_serious(
    browser: Any, server: Served, width: int, scheme: str
) -> None:
    """At both widths, in light and dark: no scrolling sideways, no serious fault."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    size = {"width": width, "height": 900}
    # The policy lets nobody but us run a script, axe neither.
    tab = Tab(browser, server.place, viewport=size, color_scheme=scheme, bypass_csp=True)
    found = []
    tab.page.goto("/login")
    found += _faults(axe, tab.page, "/login")
    tab.login("ada")
    for path in PAGES:
        tab.page.goto(path)
        tab.page.wait_for_load_state("networkidle")
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width, path
        found += _faults(axe, tab.page, path)
    assert found == []
    tab.close()


def _faults(axe: Any, page: Any, path: str) -> list[str]:
    violations = axe.run(page).response["violations"]
    return [
        f"{path}: {each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]
