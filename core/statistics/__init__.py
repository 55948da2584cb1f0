"""What the database does: slow queries, locks, sizes, dead rows, unused indexes."""
