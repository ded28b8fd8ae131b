"""One retriable side effect each, with its retries stated; arguments are plain data or blocks."""
