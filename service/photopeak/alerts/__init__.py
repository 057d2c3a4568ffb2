"""What people are told: the life of an alert, the policy of telling, and who keeps watch."""
