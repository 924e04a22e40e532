"""The hall in the browser: a page that sees like a visitor, presses like a finger, asks like a clerk, and switches faults."""
