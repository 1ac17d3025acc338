"""The doors: pages, REST, the chat API, MCP, the capturing proxy and the command line."""
