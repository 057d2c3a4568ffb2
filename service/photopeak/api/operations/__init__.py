"""The operations of the API, one module per subject; each adds its own to a surface."""
