"""Driver-level parts that more than one device is built from: LED panel, bitmap font, keys and lamps."""
