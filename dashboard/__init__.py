"""The dashboard: a Streamlit page over the store."""
