"""What we tell the people at a customer: a context for each kind of notice, its texts, and how they are sent."""
