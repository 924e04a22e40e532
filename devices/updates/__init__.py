"""How a device comes to another release of its program, and back: docs/updates.md."""
