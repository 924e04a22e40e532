"""The room of the settings: their versions, what differs between two, how a change is handed in, and the command line for it."""
