"""What people do with results: sign them, speak of them, have them made anew, compare them."""
