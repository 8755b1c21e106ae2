"""One machine's worker: claims processes, drives each in a child process, and carries out applies."""
