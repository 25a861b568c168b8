"""Figures for people and programs: console, CSV, JSON, Excel, PDF."""
