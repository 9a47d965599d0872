"""The kind ``quality``: how complete, how timely and how valid is what districts sent."""
