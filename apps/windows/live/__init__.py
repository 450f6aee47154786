"""The live path: what is committed reaches every page that shows it, encoded once."""
