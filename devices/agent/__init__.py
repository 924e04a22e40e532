"""What every device shares: presence, a durable outbox, commands done once, health, start and stop."""
