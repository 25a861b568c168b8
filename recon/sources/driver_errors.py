"""Driver errors: which are transient, and each in one sentence.

A driver's own text may hold secrets: it is shown only where no meaning is known, and redacted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from recon.base.errors import SourceUnreachable
from recon.base.result import Side
from recon.base.secrets import redacted
from recon.sources.side_by_side import Supervisor

# Worth another try: deadlocks, cut connections, throttling, a server that is coming up.
TRANSIENT_ERRORS = {
    233, 1205, 1222, 4221, 10053, 10054, 10060, 10928, 10929, 40143, 40197, 40501, 40613,
    49918, 49919, 49920,
}  # fmt: skip
TRANSIENT_STATES = {"08001", "08006", "08S01", "HYT00", "HYT01", "40001", "40P01", "57P01", "57P03"}
# PostgreSQL's driver has no SQLSTATE for a cut while it prepares a statement, only words.
SAVEPOINT = "internal SAVEPOINT failed"
LOST = (
    "server closed the connection|terminating connection|connection has been lost"
    # FreeTDS has words alone, too.
    "|Unexpected EOF from the server|Read from the server failed|Write to the server failed"
)
TRANSIENT_WORDS = f"{LOST}|{SAVEPOINT}"
WAITS = (1.0, 3.0, 9.0)
NO_DATABASE = 4060

_NO_ANSWER = "does not answer; check the server's name, its port and the firewall"
# FreeTDS tells a closed port and a silent one alike.
_NO_WAY = "refuses the connection or does not answer; check the server's name and port"
_BROWSER = (
    ", and that SQL Server Browser runs there and UDP port 1434 is open, or name the port in the "
    "place of the instance, as in SQL01,1433"
)

# What no further attempt changes: (error number, SQLSTATE or words of the driver, what it means).
PERMANENT = (
    # Before the login: a server may say of a database that is not there that the login failed, too.
    ((NO_DATABASE, "3D000", "08004", r'database ".*" does not exist'),
     "has no such database, or does not let the login open it; check the name of the database"),
    ((18456, "28000", "28P01", "password authentication failed"),
     "rejects the login; check the user, the password, or the service account's rights"),
    ((208, "42S02", "42P01"), "has no table or view of that name; check the query"),
    ((207, "42S22", "42703"), "has no column of that name; check the query"),
    ((229, "42501", "permission was denied", "permission denied"),
     "does not let the login read; grant it SELECT"),
    (("parameter markers",),
     "gets a query with the wrong number of ?: that of the entries has two, the first day and the "
     "first day after the range, and that of the contracts has none"),
    (("IM002", "Can't open lib"),
     "cannot be reached: no driver of that name is installed on this machine"),
    (("certificate",),
     "presents a certificate that is not trusted; install the one of its issuer, or set "
     "trust_server_certificate = true if you accept that"),
    (("ncryption not supported", "does not support SSL"),
     "does not encrypt; set encrypt = false if you accept that"),
    (("SSPI",), "gets no Windows ticket; run as a domain account, or set user and password_env"),
    (("57014", "HY008", "[Qq]uery timeout"),
     "did not finish the query in time; raise query_timeout or ask why it is slow"),
)  # fmt: skip
PASSING = (
    (("40001", "40P01", 1205), "repeatedly chose the query as a deadlock victim"),
    (("55P03", 1222), "kept the tables locked"),
    (("Connection refused",), "refuses the connection; check the server's name and port"),
    # FreeTDS says of a closed port that the connection is cut.
    (("Unable to connect", "is unavailable or does not exist"), _NO_WAY),
    (("HYT00", "HYT01", "08001"), _NO_ANSWER),
    (("08S01", "08006", "57P01", "57P03", LOST),
     "was cut off; check the network and the server"),
    # PostgreSQL's driver sets one before each query by default.
    ((SAVEPOINT,),
     "was cut off, or does not support savepoints; check the network and the server, or add "
     "Protocol=7.4-0 to the connection string"),
)  # fmt: skip

# Where a server's numbers are its maker's own, and no sign above is known, its kind is.
_KINDS = {
    "08": "was cut off, or cannot be reached; check the server's name, its port and the network",
    "28": "rejects the login; check the user, the password, or the service account's rights",
    "40": "repeatedly took the query back in favour of another one; run again later",
    "57": "stopped the query, or is shutting down; ask whoever runs it",
}
# A number that says otherwise is another maker's.
_STATE = 5
_CERTAIN = {"42S02", "42P01", "42S22", "42703", "42501"}

Result = TypeVar("Result")
Meanings = tuple[tuple[tuple[int | str, ...], str], ...]


def retried(attempt: Callable[[], Result], supervisor: Supervisor, side: Side) -> Result:
    """The result of an attempt, repeated after transient errors.

    A cut in mid-result proves nothing, so the whole attempt is made again. Raises what the last
    attempt raised, and Stopped where the error is that of a query that was asked to stop.
    """
    import pyodbc

    for made, wait in enumerate((*WAITS, None)):
        try:
            return attempt()
        except (pyodbc.Error, ArithmeticError) as error:
            supervisor.check()
            if wait is None or made >= attempts_more(error):
                raise
            supervisor.tell(f"The connection failed; attempt {made + 2} in {wait:.0f} s")
            supervisor.note(
                "retry",
                f"The connection of the {side} side failed, and is tried again",
                attempt=made + 2,
                wait_seconds=wait,
                said=redacted(" ".join(map(str, error.args))),
            )
            supervisor.pause(wait)
    raise AssertionError("the last attempt returns or raises")


def attempts_more(error: Exception) -> int:
    """How many more attempts an error is worth."""
    # A database that is just coming up is not there at first; one that is not there stays away.
    if NO_DATABASE in _facts_of(error)[1]:
        return 1
    return len(WAITS) if is_transient(error) else 0


def is_transient(error: Exception) -> bool:
    """Whether another attempt may succeed where this error came up."""
    # A connection cut right after a DECIMAL column shows as an arithmetic error.
    if isinstance(error, ArithmeticError):
        return True
    if _meaning(error, PERMANENT):
        return False
    state, numbers, text = _facts_of(error)
    known = state in TRANSIENT_STATES or state[:2] in ("08", "40")
    known = known or bool(numbers & TRANSIENT_ERRORS)
    return known or bool(re.search(TRANSIENT_WORDS, text))


def _facts_of(error: Exception) -> tuple[str, set[int], str]:
    """SQLSTATE, server error numbers and text of an error."""
    state = str(error.args[0]) if error.args else ""
    text = str(error.args[1]) if len(error.args) > 1 else str(error)
    if re.fullmatch("[0-9A-Z]{5}", text):
        # What pyodbc finds itself has them the other way round.
        state, text = text, state
    # The number stands at the end of a message; what stands inside of it may be data.
    numbers = re.findall(r"\((\d+)\)(?= \(SQL|; \[|$)", text)
    return state, set(map(int, numbers)), text


def _meaning(error: Exception, known: Meanings) -> str | None:
    state, numbers, text = _facts_of(error)
    stated = {state, *re.findall(r"\[(\w{5})\]", text)} | numbers
    if state in _CERTAIN:
        stated = {state}
    for signs, meaning in known:
        for sign in signs:
            if sign in stated or (_in_words(sign) and re.search(str(sign), text)):
                return meaning
    return None


def _in_words(sign: int | str) -> bool:
    """Whether a sign is neither a number nor a SQLSTATE.

    Data may look like either of them.
    """
    return isinstance(sign, str) and not re.fullmatch("[0-9A-Z]{5}", sign)


def failure(side: Side, description: str, error: Exception) -> SourceUnreachable:
    """The one sentence for a driver's error.

    The driver's own text may hold secrets.
    """
    return SourceUnreachable(f"The {side} side ({description}) {meaning(error, description)}.")


def meaning(error: Exception, description: str) -> str:
    """A driver's error in words, behind a server's name."""
    said = _meaning(error, PERMANENT) or _meaning(error, PASSING)
    if said is None and isinstance(error, ArithmeticError):
        said = "was cut off in the middle of a result; check the network and the server"
    if said is None:
        state, _, text = _facts_of(error)
        said = _KINDS.get(state[:2]) if len(state) == _STATE else None
    if said is None:
        said = f"fails with SQLSTATE {state or 'unknown'}: {redacted(' '.join(text.split()))}"
    if said in (_NO_ANSWER, _NO_WAY) and "\\" in description.partition(",")[0]:
        # The port of a named instance is asked for, and that may be what nobody answers.
        said += _BROWSER
    return said
