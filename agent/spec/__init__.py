"""The glass room: an API description as a value. No I/O, no clock, no randomness, nothing of ours imported.

    observe(exchange) → Summary        merge(Summary, Summary) → Summary        conclude(Summary) → Spec

What goes in and comes out is in `model`, what is remembered on the way in `summary`; `infer` concludes, with `describing` for each operation and `conventions` for the whole.

    readers/     files in, exchanges out; documents in, specs out
    paths/       how paths are decided: parameters, and which routes are one operation
    schemas/     how a schema is concluded and shared
    protocols/   GraphQL, JSON-RPC, XML-RPC, SOAP, gRPC, messages of sockets and streams
    writers/     a spec in, a document out
    comparing/   two specs, or traffic and a document
    secrets/     what is a secret, and how it is hidden

Which operations are things and which are done is in `deeds`, what they are called in `names` and `phrasing`.
What people decided and earlier documents said is kept by `decisions` and `steady`.
An operation is called by `calling`: arguments are checked in `validation` and written in `encoding`; `tool_schemas` makes it a tool of a model.
"""
