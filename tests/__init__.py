"""The tests of recon; a package, so that they share `tests.example` and `tests.golden_files`."""
