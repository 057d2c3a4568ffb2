"""What is due when, and how every test of every device stands."""
