"""Accounts: passwords, people and tokens; who may be what, with a line in the audit trail for each change."""
