"""The technician's papers, made from the programs' own settings and tables: wiring pictures, bills of materials, checklists, faults."""
