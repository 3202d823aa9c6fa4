"""Models in the exchange format of systems biology, SBML."""
