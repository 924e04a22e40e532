"""What the hall did, in figures, for those who answer for it."""
