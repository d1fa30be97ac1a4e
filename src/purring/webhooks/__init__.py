"""Events on their way to merchants' endpoints: payloads, signatures, and a client that only calls where it may."""
