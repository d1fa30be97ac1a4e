"""The sandbox gateway: a payment provider of our own that behaves as told and forgets nothing."""
