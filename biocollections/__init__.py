"""Institutions, collections and who may do what in them."""
