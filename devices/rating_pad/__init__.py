"""The pad on a window's desk: it asks the citizen for a grade and says thanks."""
