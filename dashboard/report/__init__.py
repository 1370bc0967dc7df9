"""A report: findings, figures, tables, methods and data on one page that needs nothing else."""

from dashboard.report.making import SECTIONS, Wanted, made

__all__ = ["SECTIONS", "Wanted", "made"]
