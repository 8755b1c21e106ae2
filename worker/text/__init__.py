"""Fields found by what is written: the words of a page, what describes them, and the spans that a field may be."""
