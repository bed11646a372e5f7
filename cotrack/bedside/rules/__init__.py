"""What stops a bag at the bedside (reference/domain.md §5.3), and what a nurse is told."""
