"""Chaos: a whole hall of processes, people in it, everything breaking at random, and a judge who was not part of it."""
