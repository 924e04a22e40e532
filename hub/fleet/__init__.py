"""What devices exist, how they fare, and what they are meant to show."""
