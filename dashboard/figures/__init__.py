"""Figures as they are built from the choices: one builder for panels, files and reports."""
