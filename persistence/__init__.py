"""PostgreSQL: the tables, the way statements are written and run, and one store for each concept."""
