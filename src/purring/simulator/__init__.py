"""The simulator: the production code on a virtual clock, through every fault that a seed chooses."""
