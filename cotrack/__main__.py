"""Lets `python -m cotrack` be the `cotrack` command."""

from cotrack.cli import main

main()
