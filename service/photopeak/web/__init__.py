"""What people see: pages as values, from rows of the storage to HTML. Knows no HTTP server."""
