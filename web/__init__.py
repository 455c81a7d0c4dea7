"""Pages for people, rendered here, on the same services as the API."""
