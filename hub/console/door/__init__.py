"""Who may come in and what they may do: people, sessions, roles, and the console's own file."""
