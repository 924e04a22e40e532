"""Who is in the hall: visitors, clerks and the guide, by themselves, by a story's verbs, or with a machine's eyes."""
