"""Everything that answers HTTP: the API, people's pages, and what gateways tell us."""
