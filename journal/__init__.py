"""What was done and what is being done: change sets with undo, and jobs with progress."""
