"""Payment gateways: one protocol, one thin HTTP client, one folder per provider."""
