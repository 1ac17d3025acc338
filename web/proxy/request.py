"""The request as it goes to the upstream, on values alone: its head, and how its body is framed in HTTP/1.1."""

from web.proxy.asked import PREFIX, Pairs
from web.proxy.headers import Outgoing, value_of


class Request:
    """`target` is the path with its query; `pairs` are the headers, `Host` among them."""

    __slots__ = ("is_chunked", "length", "method", "pairs", "target")

    def __init__(self, method: str, target: bytes, going: Outgoing) -> None:
        self.method, self.target, self.pairs = method, target, going.pairs
        self.length, self.is_chunked = going.length, going.is_chunked

    @property
    def has_body(self) -> bool:
        return self.is_chunked or self.length > 0

    @property
    def is_grpc(self) -> bool:
        return self.method == "POST" and (value_of(self.pairs, b"content-type") or b"").startswith(b"application/grpc")

    @property
    def is_for_a_proxy(self) -> bool:
        return self.target.startswith(PREFIX)

    @property
    def head(self) -> bytes:
        lines = [self.method.encode(), b" ", self.target, b" HTTP/1.1\r\n"]
        for name, value in self.pairs:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"transfer-encoding: chunked\r\n\r\n" if self.is_chunked else b"\r\n")
        return b"".join(lines)

    def framed(self, chunk: bytes, trailers: Pairs, *, is_last: bool) -> bytes:
        if not self.is_chunked:
            return chunk
        end = b"".join([b"0\r\n", *(b"%b: %b\r\n" % pair for pair in trailers), b"\r\n"]) if is_last else b""
        return (b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b"") + end
