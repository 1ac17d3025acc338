"""A run answers a message: `loop` takes it and keeps it, `turn` asks the model and answers its tool calls until it has nothing more to do.

`context` is what the model sees, `window` and `compaction` what of a long conversation; `listening` and `draft` write its answer down. `answering` is a run without a chat.
What happened is in `agent.runlog`.
"""
