"""What the guide desk keeps for itself: who was called for by the green key, who came, how it ended."""
