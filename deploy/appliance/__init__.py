"""What makes a machine an appliance of the hall: its units, and how little each of them may do."""
