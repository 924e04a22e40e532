"""The head and the memory of a hall: it decides, remembers, and only then tells."""
