"""Questions of impact: what a measure changed."""
