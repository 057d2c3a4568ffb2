"""What people print, sign and keep: one result, a device over a period, the form of WS 523."""
