"""`hall doctor`: what is the matter with this machine, or with the whole hall, in plain words, and what to do."""
