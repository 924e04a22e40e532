"""The ticket dispenser: a key pressed becomes a number on paper."""
