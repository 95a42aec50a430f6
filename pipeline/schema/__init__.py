"""What documents say (`upstream`), every column once (`columns`), and every table (`tables`)."""
