"""A golden image: a Debian with what the hall's devices need and nothing else, laid out as Raspberry Pi OS lays out a card."""
