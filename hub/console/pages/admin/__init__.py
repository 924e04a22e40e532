"""The page of the settings: what is edited in each room, one bar for all of it, and nothing applied before it was shown."""
