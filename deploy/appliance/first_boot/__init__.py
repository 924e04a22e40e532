"""What a device is after its first start: its settings, its units, and what its system leaves out from then on."""
