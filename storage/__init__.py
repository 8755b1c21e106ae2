"""The job-file store: one shared directory whose files are the truth. Knows neither torch nor streamlit."""
