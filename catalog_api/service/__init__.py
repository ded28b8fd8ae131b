"""What every service needs beside its subject: request ids, logs, metrics, safe headers, limits."""
