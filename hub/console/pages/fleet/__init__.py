"""The devices' page: who is there, where they stand, whether the hall can open, and what one does about it."""
