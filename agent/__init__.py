"""The rooms of Wiretalk. A message is answered by a run, which asks a model, which calls tools, which call capabilities: plain functions that take an actor first.

    runs/           the loop: context → model → tool calls → events        providers/      the models, and the guide that answers without one
    tools/          what a model, a program or a person may call, and how

    conversation/   chats and what belongs to them
    endpoints       the APIs a user captures, with their controls          calls/          what was heard of them
    documents/      from calls to a spec, from a spec to documents         operations/     an API called by its document
    search/         all of it by words

    accounts/       who there is and how they sign in                      billing/        credits, and what was used
    keys            to model providers, lent and counted                   remote_mcp/     the MCP servers of users
    spec/           the glass room: an API description as a value          recorder/       keeping what the proxy hears
    egress/         connections to addresses that others chose

What is flat and not named here is the ground they stand on, such as `config`, `errors`, `events` and `jobs`. Who may import whom is in `pyproject.toml`.
"""
