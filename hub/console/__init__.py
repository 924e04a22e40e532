"""The hall's web pages, in a process of their own: a member of the bus like any other, with people, roles and sessions of its own."""
