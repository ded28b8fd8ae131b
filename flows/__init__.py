"""What a run in the Prefect UI is: one flow a stage, each a screen that tells the story."""
