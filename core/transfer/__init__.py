"""From one database to another: SQLite to PostgreSQL, and back."""
