"""What districts send: contracts, checks, pseudonyms, and the store of everything that was accepted."""
