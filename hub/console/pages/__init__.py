"""One page for each kind of work in the hall."""
