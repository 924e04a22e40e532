"""How a Pi becomes a member of its hall: from the card it was given to a certificate, and a new one in time."""
