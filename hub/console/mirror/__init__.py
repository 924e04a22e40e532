"""The hall as the console knows it: a replica of the journal, drawn as one frozen picture."""
