"""Values on the wire: what the API takes and hands out, in the words of its interface."""
