"""The ways by which messages leave the house: mail, webhooks, chat."""

__all__: list[str] = []
