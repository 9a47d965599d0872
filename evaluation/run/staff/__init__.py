"""Questions about staff: who answered, whether the scale measures, and what changed in the pilots."""
