"""From captures to documents: `discovery` concludes a spec, `docs` writes it and keeps its versions.

What is in a document is decided by its owner in `curation`, worded by a model in `describing`, and proven in `evidence` and `field_lists`.
`parallel` discovers large recordings on all cores, without a database.
"""
