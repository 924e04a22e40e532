"""A card for a device: what stands on its boot partition, how it is written, and the label that goes onto the box."""
