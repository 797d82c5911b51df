"""The person who signs in."""
