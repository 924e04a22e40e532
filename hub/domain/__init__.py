"""The pure rules of a hall: no clock, no disk, no network, no threads."""
