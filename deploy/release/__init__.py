"""Releases made, signed and handed out: docs/updates.md."""
