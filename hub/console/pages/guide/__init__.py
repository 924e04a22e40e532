"""The guide desk's page."""
