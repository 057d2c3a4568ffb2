"""Results for other programs: tables, workbooks, JSON and QuAAC."""
