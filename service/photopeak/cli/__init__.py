"""The command line; :mod:`photopeak.cli.main` holds the entry point."""
