"""REST for what lies beside an env: one's own layout, saved views, share links."""
