"""REST for people, workspaces and tokens, and the small vocabulary all REST views share (base, fields, wire, paging)."""
