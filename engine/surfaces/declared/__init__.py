"""Client protocols that are YAML: what the mapping compiler made of one, as a `Surface`."""
