"""What was chosen, as a small file of JSON that travels, and as a link.

Pure functions: a session is plain values, checked field by field when it is read, never run.
"""
