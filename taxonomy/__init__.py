"""Scientific names."""
