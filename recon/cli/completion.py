"""`recon completion`: scripts by which shells complete a command line.

They hold every command, option and choice, so that nothing is started when somebody types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum, StrEnum
from typing import Annotated, Any

import typer

from recon.cli import process
from recon.cli.lazy import LINES, loaded


class Shell(StrEnum):
    """A shell that completes."""

    POWERSHELL = "powershell"
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="powershell, bash, zsh or fish.")],
) -> None:
    """Print the script that completes commands in your shell.

    PowerShell: recon completion powershell | Out-String | Invoke-Expression. Bash and zsh:
    eval "$(recon completion bash)", or zsh. Fish: recon completion fish | source. In the profile of
    the shell, it holds from the next start on.
    """
    with process.printing():
        typer.echo(_SCRIPTS[shell](dict(_words())))


# What may follow a command or an option, with a line on each: of "" the commands, of "month" its
# options, of "store" its own commands, of "month --severity" its values.
Words = Mapping[str, Mapping[str, str]]


def _words() -> Iterator[tuple[str, dict[str, str]]]:
    yield "", {**LINES, "help": "Show the help of a command.", "--version": "", "--help": ""}
    for name in LINES:
        yield from _of(name, loaded(name))


def _of(path: str, command: Any) -> Iterator[tuple[str, dict[str, str]]]:  # noqa: ANN401 - Typer's
    inner = getattr(command, "commands", {})
    found = {name: (one.help or "").partition("\n")[0] for name, one in inner.items()}
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        kind = parameter.type_descriptor.annotation
        is_choice = isinstance(kind, type) and issubclass(kind, Enum)
        choices = {str(choice.value): "" for choice in kind} if is_choice else {}
        if parameter.param_type_name == "argument":
            found |= choices
            continue
        for option in [*parameter.opts, *parameter.secondary_opts]:
            found[option] = parameter.help or ""
            if choices:
                yield f"{path} {option}", choices
    found["--help"] = "Show the help and exit."
    yield path, found
    for name, one in inner.items():
        yield from _of(f"{path} {name}", one)


def _bash(words: Words) -> str:
    known = "|".join(f'"{path}"' for path in words if path and " --" not in path)
    cases = "\n".join(
        f'        "{path}") found="{" ".join(found)}" ;;' for path, found in words.items()
    )
    return f"""_recon() {{
    local word key="" found="" last="${{COMP_WORDS[COMP_CWORD-1]}}"
    for word in "${{COMP_WORDS[@]:1:$((COMP_CWORD-1))}}"; do
        case "${{key:+$key }}$word" in
            {known}) key="${{key:+$key }}$word" ;;
        esac
    done
    case "$key $last" in
        {"|".join(f'"{path}"' for path in words if " --" in path)}) key="$key $last" ;;
    esac
    case "$key" in
{cases}
    esac
    COMPREPLY=($(compgen -W "$found" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _recon recon"""


def _zsh(words: Words) -> str:
    return f"autoload -U +X bashcompinit && bashcompinit\n{_bash(words)}"


def _fish(words: Words) -> str:
    return "\n".join(_fish_lines(words))


def _fish_lines(words: Words) -> Iterator[str]:
    for path, found in words.items():
        if " --" in path:
            continue
        seen = [f"__fish_seen_subcommand_from {name}" for name in path.split()]
        here = _quoted("; and ".join(seen or ["__fish_use_subcommand"]))
        for word, line in found.items():
            values = words.get(f"{path} {word}") if word.startswith("--") else None
            what = f"-l {word[2:]}" if word.startswith("--") else f"-f -a {word}"
            if word.startswith("-") and not word.startswith("--"):
                what = f"-s {word[1:]}"
            of = f" -x -a {_quoted(' '.join(values))}" if values else ""
            yield f"complete -c recon -n {here} {what}{of} -d {_quoted(line)}"


def _powershell(words: Words) -> str:
    table = "\n".join(
        f"        {_doubled(path)} = {_doubled(' '.join(found))}" for path, found in words.items()
    )
    return f"""Register-ArgumentCompleter -Native -CommandName recon -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @{{
{table}
    }}
    $key = ''
    $last = ''
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {{
        if ($element.Extent.EndOffset -ge $cursorPosition) {{ break }}
        $last = $element.ToString()
        $next = "$key $last".Trim()
        if (-not $last.StartsWith('-') -and $words.ContainsKey($next)) {{ $key = $next }}
    }}
    if ($words.ContainsKey("$key $last")) {{ $key = "$key $last" }}
    $words[$key] -split ' ' | Where-Object {{ $_ -like "$wordToComplete*" }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }}
}}"""


def _quoted(text: str) -> str:
    """A text in single quotes, for fish."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _doubled(text: str) -> str:
    """A text in single quotes, for PowerShell."""
    return "'" + text.replace("'", "''") + "'"


_SCRIPTS = {
    Shell.POWERSHELL: _powershell,
    Shell.BASH: _bash,
    Shell.ZSH: _zsh,
    Shell.FISH: _fish,
}
