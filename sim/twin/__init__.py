"""What hangs below the real drivers: pins, panels, paper, sound and cables, and the world process that holds them."""
