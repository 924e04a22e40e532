"""Try before you switch: what a policy says (`explain`), what it does in a scenario (`try`) and in a recorded day (`replay`)."""
