-- Temporal's own databases are made by its admin tools; this one is ours.
CREATE DATABASE backorder;
