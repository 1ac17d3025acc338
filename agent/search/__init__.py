"""One search box over all that a user has: its language in `search_terms`, its answer in `everything`."""
