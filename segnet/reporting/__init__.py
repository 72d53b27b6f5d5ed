"""From records to what people read: the comparison, its tables, the figures, the page. No torch."""
