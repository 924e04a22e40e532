"""The call key at a window: three keys and eight digits for a clerk without a computer."""
