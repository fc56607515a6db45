"""Tasks that come with a plug-in."""
