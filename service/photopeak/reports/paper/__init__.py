"""Reports on paper: blocks in one language, and the same of them as HTML and as PDF/A."""
