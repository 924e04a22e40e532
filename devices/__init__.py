"""The hands of a hall: one folder per kind of device, all of one shape."""
