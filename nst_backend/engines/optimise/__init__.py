"""Pictures painted by descending losses on their own pixels."""
