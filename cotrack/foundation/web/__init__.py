"""What every page and every JSON route stands on: who asks, forms, lists, words, headers."""
