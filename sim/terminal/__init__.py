"""The hall in a terminal: drawn as text, played with keys."""
