"""The history of a processing project as a graph of jobs and files, and what is made of it."""
