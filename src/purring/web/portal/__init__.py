"""Pages for the people at a customer; they work without JavaScript."""
