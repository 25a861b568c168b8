"""`recon sample`: the sample again, or another one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import progress_shown


def sample(
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Another number makes another sample.")
    ] = 1,
    contracts: Annotated[
        int,
        typer.Option(
            "--contracts", min=1, help="How many contract lines are active in every month."
        ),
    ] = 5_000,
    error_rate: Annotated[
        str, typer.Option("--error-rate", help="The share of lines with an error, like 8%.")
    ] = "8%",
    first: Annotated[str, typer.Option("--first", help="The first month.")] = "2024-01",
    last: Annotated[str, typer.Option("--last", help="The last month.")] = "2024-12",
    history: Annotated[
        bool, typer.Option(help="Post every month before the first, or one opening entry per line.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write both sides and the list of errors to this folder."),
    ] = None,
    feeds: Annotated[
        bool, typer.Option("--feeds", help="Make files of feeds: two years of a confectioner.")
    ] = False,
    kind: Annotated[
        str, typer.Option("--format", help="The format of the files for --out: csv or parquet.")
    ] = "csv",
) -> None:
    """Make the sample again, or your own with planted errors."""
    from recon.base.month import Month, as_written
    from recon.sources import sample as samples

    if kind not in ("csv", "parquet"):
        raise UsageError(f"--format must be csv or parquet, not {kind!r}.")
    if feeds:
        _feeds(seed, out)
        return
    files: samples.Kind = "csv" if kind == "csv" else "parquet"
    if out:
        samples.refuse_books(out, files)
    recipe = samples.Recipe(
        seed=seed,
        contracts=contracts,
        error_rate=_share(error_rate),
        first=Month.parse(as_written(first)),
        last=Month.parse(as_written(last)),
        history=history,
    )
    with progress_shown(quiet=False) as progress:
        progress("Making the sample")
        path = samples.sample_path(recipe)
        samples.make(recipe, path)
        written = samples.export(path, out, files) if out else [path]
    with process.printing():
        for file in written:
            process.say(str(file))


def _feeds(seed: int, out: Path | None) -> None:
    """Make the sample of feeds; print its configuration and truth."""
    from recon.sources.sample import feeds

    with progress_shown(quiet=False) as progress:
        progress("Making the sample of feeds")
        folder = feeds.ensure(seed)
        written = feeds.copy_to(seed, out) if out else sorted(folder.glob("*.csv"))
    with process.printing():
        for file in written or [folder]:
            process.say(str(file))


def _share(text: str) -> Any:  # noqa: ANN401 - a Decimal, imported only here
    from decimal import Decimal, InvalidOperation

    try:
        share = Decimal(text.strip().removesuffix("%")) / (100 if "%" in text else 1)
    except InvalidOperation:
        share = Decimal("NaN")
    if not share.is_finite():
        raise UsageError(f"--error-rate must be a share like 8%, not {text!r}.")
    return share
