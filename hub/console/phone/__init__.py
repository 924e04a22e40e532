"""The page that a ticket's code opens on a phone, and what people say there: plain HTML, no script, nothing of anybody else."""
