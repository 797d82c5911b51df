"""Records: writing, protecting, importing, searching, downloading them."""
