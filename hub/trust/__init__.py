"""Whom the hall trusts: its own authority, its certificates, and who may say what on the broker."""
