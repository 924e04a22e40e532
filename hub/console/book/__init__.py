"""What is said at the counter: situations with their words, their steps and what the machine does, as a book a hall may edit."""
