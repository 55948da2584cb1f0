"""A web page for looking at the data."""
