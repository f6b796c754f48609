"""A real browser on a running stack: stories of the three users' days, a walk over all pages."""
