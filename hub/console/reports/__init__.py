"""What happened in the hall, in figures: counted from the hub's read models, shown as tables, charts and files."""
