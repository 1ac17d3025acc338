"""What is not plain REST: which kind a call is (`kinds`), calls that name their operation inside (`named_calls`: GraphQL, JSON-RPC, XML-RPC, SOAP), Protocol Buffers,
and the messages of sockets and streams."""
