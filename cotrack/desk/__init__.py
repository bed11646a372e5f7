"""Home, work lists, the page of each thing, lists, search and scan-to-page: what people look at."""
