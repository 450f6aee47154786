"""REST for envs and what is in them. Content changes go through the write path, like everybody else's."""
