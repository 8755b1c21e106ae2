"""HTTP around the pages: who asks, and files that no page serves."""
