"""The run: analyses as data, notebooks, cache, manifest, staging and rendering."""
