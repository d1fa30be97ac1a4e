"""What Purring says about itself while it runs: log lines, with what must not stand in them taken out."""
