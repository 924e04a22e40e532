"""The hall board: a page for a television at ten metres. Public, without a login; recovers by itself."""
