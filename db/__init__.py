"""The ground: tables, migrations, the connection pool and the embedded PostgreSQL. Knows nothing of the product's rules."""
