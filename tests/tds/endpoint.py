"""The endpoint: a process that listens, answers by statement, and records what it was asked.

`python -m tests.tds.endpoint` prints its port; with the file of a certificate, it encrypts. A line
of JSON on standard input is a new play, a list of answers; an empty line changes nothing. Either
is answered with the record so far.
"""

from __future__ import annotations

import json
import re
import select
import socket
import socketserver
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.tds import protocol
from tests.tds.answers import Answer, Fault
from tests.tds.protocol import Done, Kind, Login, Request, done
from tests.tds.wires import Encrypted, Wire, tear

# What SQL Server says where the driver asks for a procedure that it lacks.
NO_SUCH_PROCEDURE = 2812
NOT_CANNED = 50000


class Ended(Exception):
    """The session is over: a fault wants it so."""


@dataclass
class Play:
    """The answers of one test, and the record of what was asked."""

    answers: list[Answer] = field(default_factory=list)
    record: list[dict[str, Any]] = field(default_factory=list)
    sessions: int = 0
    dropped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def opened(self) -> int:
        """Return the number of a new session."""
        with self.lock:
            self.sessions += 1
            return self.sessions

    def note(self, session: int, event: str, **facts: Any) -> None:
        """Record what happened in a session."""
        with self.lock:
            self.record.append({"session": session, "event": event, **facts})

    def wait_for(self, event: str) -> None:
        """Wait until something has happened, in whichever session."""
        while all(noted["event"] != event for noted in tuple(self.record)):
            time.sleep(0.02)

    def answer_to(self, text: str) -> Answer | None:
        """Return the first answer that fits and is not used up."""
        with self.lock:
            for answer in self.answers:
                if answer.times and re.search(answer.to, text, re.DOTALL):
                    answer.times -= 1
                    return answer
        return None


class Session(socketserver.BaseRequestHandler):
    """One connection, from PRELOGIN to its end."""

    server: Server
    request: socket.socket

    def setup(self) -> None:
        """Take part in the play that is running now, whatever comes after it."""
        self.play = self.server.play
        self.number = self.play.opened()
        self.wire: Wire = self.request

    def handle(self) -> None:
        """Answer message after message."""
        try:
            while True:
                self.swallow()
                self.respond(*protocol.message(self.wire))
        except (Ended, protocol.Closed, OSError):
            self.play.note(self.number, "closed")

    def swallow(self) -> None:
        """Answer nothing where everything is dropped, until the other side has gone."""
        if self.play.dropped:
            self.play.note(self.number, "dropped")
            while self.request.recv(4096):
                pass
            raise Ended

    def send(self, payload: bytes, *, last: bool = True) -> None:
        """Send an answer, or the beginning of one."""
        self.wire.sendall(protocol.packets(Kind.ANSWER, payload, last))

    def respond(self, kind: Kind, payload: bytes) -> None:
        """Answer a message; raises Ended where the answer is the end."""
        if kind is Kind.PRELOGIN:
            certificate = self.server.certificate
            self.perform(self.play.answer_to("PRELOGIN"), protocol.prelogin(bool(certificate)))
            if certificate:
                self.wire = Encrypted(self.request, certificate)
        elif kind is Kind.LOGIN:
            login = Login.read(payload)
            self.play.note(self.number, "login", **asdict(login))
            found = self.play.answer_to(f"LOGIN {login.database}")
            self.perform(found, protocol.login_accepted())
        elif kind is Kind.ATTENTION:
            self.attention()
        else:
            self.respond_to(Request.read(kind, payload))

    def respond_to(self, request: Request) -> None:
        """Answer a statement or a call, with what the play says or what any server does."""
        self.play.note(self.number, "statement", **asdict(request))
        answer, text = self.play.answer_to(f"{request}"), request.text
        if answer and answer.columns:
            self.perform(answer, answer.result(), request.prepares)
        elif request.procedure == "sp_unprepare" or text.startswith(("SET ", "TRANSACTION ")):
            self.perform(answer, done())
        elif text == "BEGIN TRANSACTION":
            self.perform(answer, protocol.transaction_begun(self.number) + done())
        else:
            unknown = (NO_SUCH_PROCEDURE, NOT_CANNED)[request.prepares or not request.procedure]
            told = (unknown, f"There is no answer to {request}")
            self.perform(answer or Answer("", Fault.ERROR, error=told), b"")

    def perform(self, answer: Answer | None, tokens: bytes, prepares: bool = False) -> None:
        """Send the tokens of an answer, with what goes wrong in it."""
        if answer and answer.after:
            self.play.wait_for(answer.after)
        if prepares:
            tokens += protocol.done_in_procedure(0) + protocol.prepared(1)
        elif answer and answer.columns:
            tokens += done(Done.COUNT, len(answer.rows))
        if answer and answer.fault:
            begun = answer.sent_before_the_fault()
            tokens = tokens[len(begun) :]
            if not self.fault(answer, begun):
                return
        self.send(tokens)

    def fault(self, answer: Answer, begun: bytes) -> bool:
        """Do what goes wrong in an answer; return whether the rest of it is still wanted."""
        if answer.fault is Fault.ERROR:
            self.send(begun + protocol.error(*answer.error) + done(Done.ERROR))
            return False
        if begun:
            self.send(begun, last=False)
        if answer.fault in (Fault.WAIT, Fault.SILENT):
            return self.wait(answer)
        if answer.fault is Fault.DROP:
            self.play.dropped = True
            self.swallow()
        if answer.fault is Fault.HALF:
            self.request.shutdown(socket.SHUT_WR)
            while self.request.recv(4096):
                pass
        if answer.fault is Fault.RESET:
            tear(self.request)
        raise Ended

    def wait(self, answer: Answer) -> bool:
        """Wait; return whether nobody has told us to stop meanwhile, or we did not listen."""
        self.play.note(self.number, "waiting")
        until = time.monotonic() + answer.seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.request], [], [], left)[0]:
                continue
            protocol.message(self.wire)
            if answer.fault is Fault.WAIT:
                self.attention(done(Done.ERROR | Done.MORE))
                return False
            self.play.note(self.number, "attention")
        return True

    def attention(self, before: bytes = b"") -> None:
        """Acknowledge that the client wants no more of an answer."""
        self.play.note(self.number, "attention")
        self.send(before + done(Done.ATTENTION))


class Server(socketserver.ThreadingTCPServer):
    """What listens; a session is a thread."""

    daemon_threads = True
    play = Play()
    certificate: Path | None = None


def main(certificate: Path | None = None) -> None:
    """Listen, and follow the plays on standard input until it ends."""
    with Server(("127.0.0.1", 0), Session) as server:
        server.certificate = certificate
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        for line in sys.stdin:
            if line.strip():
                server.play = Play([Answer(**answer) for answer in json.loads(line)])
            with server.play.lock:
                print(json.dumps(server.play.record), flush=True)
        server.shutdown()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
