"""Pages of the site that are written from the code, and what must hold of all pages."""
