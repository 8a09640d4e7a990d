"""Reading tables of rows: files and their compression, encodings, delimited text, JSON lines, parquet."""
