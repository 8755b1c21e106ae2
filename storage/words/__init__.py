"""What is written on pages: the words that were read, and what follows from them without a model."""
