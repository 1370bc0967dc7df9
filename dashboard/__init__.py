"""The Dissensus app: Streamlit views over the analysis library."""
