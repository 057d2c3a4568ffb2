"""The network service: it receives, keeps, recognises, judges and tells; it has no physics."""
