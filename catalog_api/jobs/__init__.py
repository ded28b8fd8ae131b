"""Types of jobs, from a YAML file: who may open and change them, what is checked, and what they start."""
