"""REST for files that windows show."""
