"""Reading the words of a page: upright, straightened, by PP-OCRv6 and for other scripts by Tesseract too."""
