"""The embedded sample: contracts and entries with planted errors, and the truth about them.

Everything follows from the `Recipe`; equal recipes yield equal rows on any machine.
"""

from recon.sample.files import Kind, ensure, export, make, sample_path
from recon.sample.recipe import Recipe

__all__ = ["Kind", "Recipe", "ensure", "export", "make", "sample_path"]
