"""From bytes to one nested row of text per document, or a rejected document with a reason."""
