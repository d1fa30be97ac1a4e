"""Stories: dates in, states out. A YAML file says what is given, what happens when, and what must be true then."""
