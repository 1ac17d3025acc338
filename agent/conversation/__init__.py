"""Chats and what belongs to them: `chats` stores what is said, `tree` reads it, `branches` is what a reader does to it.

What is brought along (`attachments`, `mentions`, `prompts`), what waits (`message_queue`), what goes out and comes in as a file (`chat_exports`, `chat_files`,
`chat_imports`) or by link (`shares`). Who answers is in `agent.runs`.
"""
