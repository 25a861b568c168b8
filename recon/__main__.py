"""`python -m recon`, as Task Scheduler starts it."""

from recon.cli import main

if __name__ == "__main__":
    main()
