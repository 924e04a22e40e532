"""The LED sign above a window: it shows who is called and why a window is not calling."""
