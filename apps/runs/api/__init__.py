"""REST for the runs table."""
