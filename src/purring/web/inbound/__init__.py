"""What gateways tell us."""
