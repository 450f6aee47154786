"""Envs as files: written, and read back."""
