"""Write the committed files that are derived from declarations."""
