"""The hall's memory: a journal that is the truth, and read models drawn from it."""
