"""One way of reading a file per module: `read(name, content, limits)` gives its tables."""
