"""Measurements, each beside a reference run; never part of the tests."""
