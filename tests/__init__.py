"""Packages, so that what a folder of tests shares ends with that folder: a hall that stayed till the end slowed all that came after."""
