"""The inbox: received bytes go to disk and into the database before anybody is told so."""
