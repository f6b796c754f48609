"""HTTP: the application, its routes and what feeds them."""
