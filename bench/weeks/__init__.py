"""Simulated weeks of a hall, through the real domain: what people were told about their wait, and what it was."""
