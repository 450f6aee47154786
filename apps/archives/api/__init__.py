"""REST for envs and windows as files."""
