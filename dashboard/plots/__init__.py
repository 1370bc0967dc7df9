"""Figures: arrays in, Plotly figure out."""
