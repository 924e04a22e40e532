"""How the hall box itself comes to another release, and back with its data."""
