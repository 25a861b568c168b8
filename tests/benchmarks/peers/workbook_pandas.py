"""The same lines as a workbook, as pandas writes them.

python -m tests.benchmarks.peers.workbook_pandas out.xlsx 50000
"""

from __future__ import annotations

import json
import sys

import pandas as pd

from tests.benchmarks.ours import ManyLines


def main(workbook: str, lines: str) -> None:
    """Write the lines and print how many there were."""
    many = ManyLines(int(lines))
    pd.DataFrame(list(many), columns=list(many.columns)).to_excel(workbook, index=False)
    print(json.dumps({"lines": len(many)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
