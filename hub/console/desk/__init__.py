"""What the guide desk keeps for itself: who was called for by the green key and who came; what was given by hand; forms and ink pads."""
