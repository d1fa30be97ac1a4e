"""Ten weeks of a merchant's payments on a virtual clock, through the production engine and a real sandbox gateway."""

from purring.demo.run import Options, main

__all__ = ["Options", "main"]
