"""A login whose password stands in the credential store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest

from tests.credential_store import Store, credential_store
from tests.integration.sqlserver.books import books
from tests.integration.sqlserver.conftest import PASSWORD, Endpoint
from tests.shell import in_process

Configured = Callable[..., Path]


@pytest.fixture
def store() -> Iterator[Store]:
    """Yield the store of this process, empty."""
    with credential_store() as found:
        yield found


def month_of(config: Path) -> subprocess.CompletedProcess[bytes]:
    """Return what became of a month that writes nothing."""
    return in_process("month", "2024-06", "--format", "none", "--config", config, cwd=config.parent)


def test_the_login_takes_the_password_of_the_store(
    endpoint: Endpoint, configured: Configured, store: Store
) -> None:
    """Kept as `keyring set` keeps it, under the login and the server; nothing shows it."""
    endpoint.play(*books())
    keyring.set_password("recon", f"svc_recon@127.0.0.1,{endpoint.port}", PASSWORD)
    done = month_of(configured(password_env=None))
    assert done.returncode == 3, done.stderr
    passwords = {noted["password"] for noted in endpoint.record("login")}
    assert passwords == {PASSWORD}
    assert PASSWORD not in (done.stdout + done.stderr).decode()


def test_a_store_without_the_password_is_told_how_to_get_it(
    endpoint: Endpoint, configured: Configured, store: Store
) -> None:
    """The command that keeps it can be typed as it stands."""
    done = month_of(configured(password_env=None))
    assert done.returncode == 4
    command = f"keyring set recon svc_recon@127.0.0.1,{endpoint.port}"
    assert f"set password_env or store it with '{command}'" in done.stderr.decode()


def test_a_store_that_refuses_tells_no_secret(
    endpoint: Endpoint, configured: Configured, store: Store
) -> None:
    """What the store says of itself may hold anything."""
    keyring.set_password("recon", "svc_recon", PASSWORD)
    store.locked = True
    done = month_of(configured(password_env=None))
    assert done.returncode == 4
    told = done.stderr.decode()
    assert ".user: the credential store refuses access; or set password_env" in told
    assert PASSWORD not in told


def test_without_the_package_it_is_named(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no dependency of those who name a variable."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    done = month_of(configured(password_env=None))
    assert done.returncode == 4
    assert "the credential store needs the package keyring" in done.stderr.decode()
