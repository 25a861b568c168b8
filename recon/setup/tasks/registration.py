"""Registration: lines for the administrator, without any password."""

from __future__ import annotations

from collections.abc import Mapping

from recon.setup.tasks.plan import Task

_ACCOUNT = """\
Register them once, in a Command Prompt opened as administrator. Each line asks for the
password of {account}:

{lines}

Or in Windows PowerShell, opened as administrator; it asks once:

{password}
{shell}
"""

_GROUP_MANAGED = """\
Register them once, in Windows PowerShell opened as administrator. {account} has
no password that anybody knows, so each task is registered first as one that nobody can start, and
then given to the account:

{principal}
{shell}
"""


def registration(files: Mapping[str, Task]) -> str:
    """Lines that register tasks, by the paths of their files."""
    task = next(iter(files.values()))
    if task.group_managed:
        return _GROUP_MANAGED.format(
            account=task.account,
            principal="  $who = New-ScheduledTaskPrincipal -Id Author -RunLevel Limited "
            f"-LogonType Password -UserId {_quoted(task.account)}",
            shell="\n".join(_for_group_managed(path, task) for path, task in files.items()),
        )
    return _ACCOUNT.format(
        account=task.account,
        lines="\n".join(_schtasks(path, task) for path, task in files.items()),
        password=f"  $who = Get-Credential {_quoted(task.account)}",
        shell="\n".join(_for_account(path, task) for path, task in files.items()),
    )


def _schtasks(path: str, task: Task) -> str:
    return f'  schtasks /Create /XML "{path}" /TN "{task.path}" /RU "{task.account}" /RP *'


def _for_account(path: str, task: Task) -> str:
    credential = "-User $who.UserName -Password $who.GetNetworkCredential().Password"
    return f"  Register-ScheduledTask {_name(task)} -Xml ({_read(path)}) {credential}"


def _for_group_managed(path: str, task: Task) -> str:
    # To register a task with a password needs the password; Set-ScheduledTask knows these accounts.
    nobody = "Replace('<LogonType>Password<', '<LogonType>InteractiveToken<')"
    return (
        f"  Register-ScheduledTask {_name(task)} -Xml ({_read(path)}).{nobody}\n"
        f"  Set-ScheduledTask {_name(task)} -Principal $who"
    )


def _name(task: Task) -> str:
    folder = f"\\{task.folder}\\"
    return f"-TaskPath {_quoted(folder)} -TaskName {_quoted(task.name)}"


def _read(path: str) -> str:
    return f"Get-Content -Raw -LiteralPath {_quoted(path)}"


def _quoted(text: str) -> str:
    """A text that PowerShell takes literally.

    Typographic quotes end one there, too.
    """
    doubled = "".join(letter * 2 if letter in "'‘’‚‛" else letter for letter in text)
    return f"'{doubled}'"
