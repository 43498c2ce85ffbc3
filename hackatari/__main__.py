"""`python -m hackatari` is the `hackatari` command."""

from hackatari.cli import main

main()
