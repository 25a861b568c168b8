"""The dashboard as people see it: in a terminal, in a log file, in an old code page."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from recon.base import money
from recon.base.errors import ExitCode
from recon.base.events import Severity
from recon.base.policy import Policy
from recon.base.result import Bucket, Flag, Reconciliation, Side, Totals
from recon.reports.console.dashboard import make_console, show
from recon.reports.console.layout import Pen
from tests.example import RUN_ID, clean_reconciliation, reconciliation
from tests.golden_files import check_golden

REPORTS = ("reports/2024-06/summary.xlsx", "reports/2024-06/breaks.csv")


class Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Return that it is."""
        return True


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def stream(encoding: str = "utf-8", terminal: bool = False) -> io.TextIOWrapper:
    """Return a stream that remembers its bytes."""
    return (Terminal if terminal else io.TextIOWrapper)(io.BytesIO(), encoding, newline="\n")


def written(out: io.TextIOWrapper) -> str:
    """Return what was written to a stream."""
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    return out.buffer.getvalue().decode(out.encoding)


def shown(
    result: Reconciliation,
    encoding: str = "utf-8",
    terminal: bool = False,
    width: int | None = None,
    color: bool | None = None,
    **options: Any,
) -> str:
    """Return the dashboard as a stream receives it."""
    out = stream(encoding, terminal)
    show(make_console(out, color, width), result, **{"run_id": RUN_ID, **options})
    return written(out)


def full_options() -> dict[str, Any]:
    """Return the options that fill every line of the page."""
    return {"reports": REPORTS, "sample": True, "top": 6, "exit_code": ExitCode.BREAKS}


def four_currencies(amount: int) -> Reconciliation:
    """Return a month in four currencies, every amount of it as long as `amount`."""
    totals = Totals(amount, -amount, amount, 900_000, 0, 800_000, 50_000, 50_000)
    bridge = [Bucket("not_posted", -amount, 25_000), Bucket("unexplained", -amount, 25_000)]
    base, currencies = reconciliation(), ("EUR", "GBP", "JPY", "USD")
    big = replace(base.breaks[0], difference=amount, customer="Northwind " * 9)
    return replace(
        base,
        totals=dict.fromkeys(currencies, totals),
        bridge=dict.fromkeys(currencies, bridge),
        parts=[replace(p, currency=c, totals=totals) for p in base.parts for c in currencies],
        breaks=(big, *base.breaks),
    )


@pytest.mark.parametrize("width", [80, 160])
def test_terminal(width: int) -> None:
    """A terminal of 80 and of 160 columns shows the whole month, with no line too long."""
    text = shown(reconciliation(), width=width, color=False, terminal=True, **full_options())
    check_golden(f"dashboard_{width}.txt", text)
    assert max(map(cell_len, text.splitlines())) == width


def test_plain_file() -> None:
    """A redirected dashboard is plain text, 100 characters wide, without blanks at line ends."""
    text = shown(reconciliation(), **full_options())
    check_golden("dashboard_plain.txt", text)
    assert "\x1b" not in text
    assert max(map(cell_len, text.splitlines())) == 100
    assert not re.search(r" $", text, re.MULTILINE)


def test_ascii() -> None:
    """Where boxes cannot be drawn, everything is drawn in ASCII and strange letters become `?`."""
    text = shown(reconciliation(), encoding="ascii", width=80, **full_options())
    check_golden("dashboard_ascii.txt", text)
    assert text.isascii()


def test_clean_month() -> None:
    """A month without breaks says so, shows its bridge and no list of breaks."""
    text = shown(clean_reconciliation(), width=80)
    check_golden("dashboard_clean.txt", text)
    assert "Ready to close June 2024" in text
    assert "What to fix first" not in text


def test_windows_code_page_keeps_what_it_can() -> None:
    """In cp1252 an umlaut stays, and a name from Tokyo is replaced instead of raising."""
    base = reconciliation()
    first = replace(base.breaks[0], customer="Müller 東京", explanation="−1,200 → 0 …")
    text = shown(replace(base, breaks=(first,)), encoding="cp1252")
    assert "Müller ??" in text
    assert "-1,200 -> 0 ..." in text


def test_console_never_raises_on_letters() -> None:
    """Whatever is printed to the console, a letter that its encoding lacks becomes `?`."""
    out = stream("cp1252")
    make_console(out).print("東京 Müller")
    assert written(out) == "?? Müller\n"


def test_warnings_do_not_forbid_to_close() -> None:
    """Warnings alone are for acknowledging; the month may be closed."""
    base = reconciliation()
    mild = [item for item in base.breaks if item.severity is Severity.WARNING]
    text = shown(replace(base, breaks=mild, invalid=()), quiet=True)
    assert text == "Ready to close June 2024, with 1 warning to acknowledge\n"


def test_quiet_is_one_line() -> None:
    """Quiet prints the verdict and nothing else, and still says that it is sample data."""
    text = shown(reconciliation(), quiet=True, sample=True)
    assert text == (
        "SAMPLE DATA  Do not close June 2024: 5 critical, 3 high, 1 warning, 2 invalid rows\n"
    )


def test_nothing_to_compare_is_not_ready() -> None:
    """Empty sources are not reported as a month that may be closed."""
    facts = {s: replace(f, rows=0, invalid=0) for s, f in reconciliation().sources.items()}
    empty = replace(clean_reconciliation(), totals={}, bridge={}, parts=(), flags={}, sources=facts)
    text = shown(empty)
    assert "Nothing to close in June 2024" in text
    assert "Ready" not in text


def test_masked_net_is_called_out() -> None:
    """A cent of net difference over 11,000 of gross is not passed off as fine."""
    text = shown(reconciliation(), width=160)
    assert "USD: the net difference looks fine, but the gross difference does not." in text
    assert re.search(r"USD .*\+0\.01 +11,000\.01 +524\.83 +masked", text)


def test_rows_that_do_not_tie_out_are_said() -> None:
    """A source row that is neither compared nor invalid is visible at the top."""
    base = reconciliation()
    lost = replace(base.sources[Side.ANALYTICS], rows=99)
    text = shown(replace(base, sources={**base.sources, Side.ANALYTICS: lost}))
    assert re.search(r"analytics +99 +14 +1 +does not tie out", text)
    assert re.search(r"accounting +16 +15 +1 +ties out", text)


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("amount", [1_234_567_890_1200, money.LARGEST // 10_000 * 10_000])
def test_numbers_stay_complete(width: int, amount: int) -> None:
    """Numbers of any length are neither cut nor wrapped nor wider than the window."""
    text = shown(four_currencies(amount), width=width, top=1)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    pretty = money.pretty(amount, "USD")
    for start in ("  USD", "  Expected", "    Enterprise"):
        assert any(line.startswith(start) and pretty in line for line in lines), start
    assert text.count(money.pretty(-amount, "JPY")) >= 3


def test_long_names_give_way() -> None:
    """A long customer name is shortened with an ellipsis that the encoding has."""
    base = four_currencies(10_000)
    assert re.search(r"Northwind Nor\w*…", shown(base, width=80, top=1))
    assert re.search(r"Northwind Nor\w*\.\.", shown(base, encoding="ascii", width=80, top=1))


def test_tolerances_of_many_segments_are_wrapped_and_paths_are_not() -> None:
    """The policy is told whole, and a path can be copied."""
    policy = Policy.of({"segments": {f"Segment {n}": {"tolerance": "2%"} for n in range(9)}})
    path = "C:/reports/" + "folder/" * 12 + "lines.csv"
    text = shown(replace(reconciliation(), policy=policy), width=80, reports=[path])
    assert path in text
    assert policy.allowed_text() in " ".join(text.split())
    assert max(len(line) for line in text.splitlines() if path not in line) <= 80


def test_markup_and_escapes_are_data() -> None:
    """A customer's name can neither colour the dashboard nor steer the terminal."""
    base = reconciliation()
    item = replace(base.breaks[0], customer="[red]x[/] :tada:", owner="a\x1b[31mb\r\nc")
    text = shown(replace(base, breaks=(item,)), width=160)
    assert "[red]x[/] :tada:" in text
    assert "\x1b" not in text
    assert "a [31mb  c" in text


def test_breaks_in_order_with_reason() -> None:
    """A break shows what, who, how much and why; an ambiguous one says so; the rest is counted."""
    text = shown(reconciliation(), width=80, top=5)
    assert re.search(r"critical +C-1003 +Subscription +\"O'Neil, Ltd.\" +\+1,000\.00 USD", text)
    told = " ".join(text.split())
    assert "duplicate entry (ambiguous), Iris Kane: E-1003-2 repeats E-1003-1:" in told
    assert "unknown contract, no owner:" in text
    assert text.index("C-2002") < text.index("C-1005") < text.index("C-1003")
    assert "+4 more in the reports" in text


def test_every_flag_has_its_sentence() -> None:
    """Each flag that the core knows is told in words, for one line and for many."""
    base = reconciliation()
    for count, start in ((1, "1 line "), (1_204, "1,204 lines ")):
        text = shown(replace(base, flags=dict.fromkeys(Flag, count), notices=()))
        assert text.count(start) == len(Flag)


def test_many_reasons_are_counted() -> None:
    """More reasons for invalid rows than fit are counted, not dropped in silence."""
    base = reconciliation()
    rows = [replace(base.invalid[0], reason=f"reason {number}") for number in range(11)]
    assert "+3 more reasons in the reports" in shown(replace(base, invalid=rows))


def test_what_the_invalid_entries_amount_to() -> None:
    """Their cents are set aside, and not lost: with what is recognized they are all there is."""
    base = reconciliation()
    accounting = base.sources[Side.ACCOUNTING]
    totals = {**accounting.control_total, "GBP": 70_000}
    totals["USD"] += 1_234_500
    sources = {**base.sources, Side.ACCOUNTING: replace(accounting, control_total=totals)}
    found = " ".join(shown(replace(base, sources=sources)).split())
    assert "The invalid entries amount to 7.00 GBP, 123.45 USD: the total that" in found
    assert "invalid entries amount" not in shown(base)


@pytest.mark.parametrize("code", [ExitCode.BREAKS, ExitCode.ALERT])
def test_exit_code_in_words(code: ExitCode) -> None:
    """What a run ends with that has come to its end is explained on the last line, but 0."""
    last = shown(reconciliation(), exit_code=code).splitlines()[-1]
    assert re.fullmatch(rf"  exit code  {code.value}: [a-z ]+\S.*", last)


def test_success_needs_no_exit_code() -> None:
    """Exit code 0 is not worth a line; the run's id ends the page."""
    assert shown(clean_reconciliation()).splitlines()[-1].endswith(RUN_ID)


def test_long_paths_stay_in_one_piece() -> None:
    """A report's path is never broken, so that it can be copied."""
    path = "C:\\Finance\\" + "Month end\\" * 20 + "summary.xlsx"
    assert path in shown(reconciliation(), width=80, reports=(path,))


@pytest.mark.parametrize(
    ("color", "terminal", "no_color", "expected"),
    [
        (None, True, "", True),
        (None, True, "1", False),
        (None, False, "", False),
        (True, False, "1", True),
        (False, True, "", False),
    ],
)
def test_color(
    color: bool | None,
    terminal: bool,
    no_color: str,
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A terminal gets colours, a file none, NO_COLOR is heeded, and the option beats them all."""
    monkeypatch.setenv("NO_COLOR", no_color)
    text = shown(reconciliation(), color=color, terminal=terminal, quiet=True)
    assert ("\x1b[" in text) is expected


def test_width_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS sets a file's width, an option beats it, and below 78 nothing is squeezed."""
    assert make_console(stream()).width == 100
    monkeypatch.setenv("COLUMNS", "132")
    assert make_console(stream()).width == 132
    assert make_console(stream(), width=90).width == 90
    assert make_console(stream(), width=40).width == 78


@pytest.mark.parametrize(
    ("amount", "unicode", "plain"),
    [
        (400, "    │████", "    |####"),
        (-400, "████│", "####|"),
        (150, "    │█▌", "    |##"),
        (-1, "   ▐│", "   #|"),
        (0, "    │", "    |"),
    ],
)
def test_bars(amount: int, unicode: str, plain: str) -> None:
    """Bars lie on their side of zero, are drawn to scale, and show the smallest amount."""
    assert Pen(make_console(stream())).bar(amount, 400, 4) == unicode
    assert Pen(make_console(stream("ascii"))).bar(amount, 400, 4) == plain
