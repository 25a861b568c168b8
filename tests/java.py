"""The Java that Apache Spark needs, if this machine has it."""

from __future__ import annotations

import re
import subprocess
from functools import cache

from recon.run.spark.session import java

OLDEST = 17


@cache
def has_java() -> bool:
    """Return whether there is a Java that Spark can be started with."""
    found = java()
    if found is None:
        return False
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    return version is not None and int(version[1]) >= OLDEST
