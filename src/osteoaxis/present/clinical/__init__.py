"""Reports for a person and their clinical team: two pages in plain words, then an appendix."""
