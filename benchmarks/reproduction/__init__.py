"""Published experiments repeated: studies of independent runs, and the page that says which claims held."""
