"""Lets ``python -m photopeak`` do what ``photopeak`` does."""

from photopeak.cli.main import main

main()
