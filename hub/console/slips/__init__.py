"""The papers of the hall's own day: what stands on them, and when they are ordered."""
