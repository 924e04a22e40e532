"""How a hall gets onto machines: example settings and, later, flashing, certificates, services and updates."""
