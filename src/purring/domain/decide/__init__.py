"""Decisions: an outcome or an action applied to facts, giving changes. Pure, one file for each who acts."""
