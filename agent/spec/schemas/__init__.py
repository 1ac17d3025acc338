"""How a schema is concluded: `bodies` counts values into nodes, `pool` makes JSON Schema of nodes and shares what is alike.

What is asked on the way has a module each: is it a map (`maps`), a union (`unions`, `variants`), optional (`presence`), the same thing (`clusters`), and what is it
called (`component_names`).
"""
