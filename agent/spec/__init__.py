"""The glass room: an API description as a value. No I/O, no clock, no randomness, nothing of ours imported.

    observe(exchange) → Summary        merge(Summary, Summary) → Summary        conclude(Summary) → Spec

Readers turn files into exchanges; writers turn a spec into documents; `diff` compares two specs.
"""
