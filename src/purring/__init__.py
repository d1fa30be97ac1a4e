"""Purring gets declined subscription payments paid, within the rules, and without bothering anybody twice."""
