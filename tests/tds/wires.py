"""Wires: the bytes of a connection, plain, or encrypted as TDS wants it."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
from pathlib import Path
from typing import Protocol

from tests.tds import protocol
from tests.tds.protocol import Kind

CHUNK = 65_536


class Wire(protocol.Readable, Protocol):
    """What a session reads from and writes to."""

    def sendall(self, data: bytes, /) -> None:
        """Send all bytes."""
        ...


class Encrypted:
    """A connection that is encrypted: the handshake travels in packets, all the rest around them.

    Raises ssl.SSLError where the client does not trust the certificate.
    """

    def __init__(self, connection: socket.socket, certificate: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate)
        self._connection = connection
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._shake_hands()

    def _shake_hands(self) -> None:
        done = False
        while not done:
            try:
                self._tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            if self._out.pending:
                self._connection.sendall(protocol.packets(Kind.PRELOGIN, self._out.read()))
            if not done:
                self._in.write(protocol.message(self._connection)[1])

    def recv(self, size: int) -> bytes:
        """Return some bytes, none where the other end has closed."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                data = self._connection.recv(CHUNK)
                if not data:
                    return b""
                self._in.write(data)

    def sendall(self, data: bytes) -> None:
        """Send all bytes."""
        self._tls.write(data)
        self._connection.sendall(self._out.read())


def tear(connection: socket.socket) -> None:
    """End a connection without a good-bye, as a firewall does."""
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()
