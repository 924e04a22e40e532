"""The hall's loudspeaker: it reads calls aloud, one after the other."""
