"""Who is a member of the hall: the register as the console reads and changes it, and the labels on the devices."""
