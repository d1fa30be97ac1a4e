"""Documents that people keep, as PDF."""
