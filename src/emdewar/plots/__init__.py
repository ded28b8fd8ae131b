"""Plots of a session as small PNG, drawn with matplotlib (extra `plots`): its defocus and dose, and its tilt series."""
