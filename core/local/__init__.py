"""PostgreSQL and Valkey from wheels, for a laptop and for tests; for development only."""
