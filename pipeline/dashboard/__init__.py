"""What people see who do not write SQL: panels with charts, in a browser and in a file that can be mailed."""
