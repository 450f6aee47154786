"""What tests of several kinds share: a real server, a real browser, a real PostgreSQL and Redis."""
