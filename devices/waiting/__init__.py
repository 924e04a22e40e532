"""What a device shows, prints and says as long as it is no member of the hall."""
