"""The twin: a hall on the wire below the real drivers, with faults one can switch on."""
