"""What analyzers say, in the languages of pages and papers; stored results stay English."""

from photopeak.reports.phrases.pictures import translated_svg
from photopeak.reports.phrases.sentences import Phrases

__all__ = ["Phrases", "translated_svg"]
