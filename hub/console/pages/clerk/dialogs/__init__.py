"""What the clerk's page asks before some acts: how it ended, where to, why, whom, what is to be followed up."""
