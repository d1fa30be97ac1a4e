"""The worker: claims what is due and carries it out, batch by batch."""
