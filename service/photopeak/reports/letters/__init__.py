"""Messages to people, put into the words of the site's language."""

from photopeak.reports.letters.writing import Writer

__all__ = ["Writer"]
