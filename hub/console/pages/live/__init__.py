"""The manager's live page: the hall at a glance, and what a manager and a duty officer do about it."""
