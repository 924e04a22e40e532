"""A better voice, rendered ahead on a bigger machine: Kokoro 82M in a folder and an environment of its own (docs/voice.md)."""
