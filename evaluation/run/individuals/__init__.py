"""Questions about people: waits for a home, homes kept, returns to need, and what a lottery changed."""
