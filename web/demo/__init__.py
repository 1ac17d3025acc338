"""The bundled demo API: a small shop, so that the first capture needs no account anywhere."""
