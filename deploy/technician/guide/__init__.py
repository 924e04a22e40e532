"""The technician's guide: two texts, and tables that are drawn from what the programs themselves say."""
