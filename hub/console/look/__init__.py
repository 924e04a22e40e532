"""What every page looks like: its frame, its words, its language."""
