"""The analysis station: from a complete series to a judged result that is stored."""
