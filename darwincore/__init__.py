"""Darwin Core, in pure Python: terms, reading, interpreting, issues, writing. No Django here."""
