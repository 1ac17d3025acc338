"""Messages of sockets and streams: what their frames are called, and what is in them."""

from typing import Any

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Frame, MessageFormat
from agent.spec.observe import observe_all


def _messages(frames: list[tuple[str, bytes]], path: str = "/socket") -> dict[str, MessageFormat]:
    told = tuple(Frame("sent" if direction == ">" else "received", data) for direction, data in frames)
    spec = conclude(observe_all([Exchange("1", "GET", f"wss://api.example{path}", 101, protocol="wss", frames=told)]))
    return {f"{'>' if one.direction == 'sent' else '<'} {one.name}": one for one in spec.operations[0].messages}


@pytest.mark.parametrize(
    ("path", "frames", "expected"),
    [
        (
            "/socket.io/?EIO=4&transport=websocket",
            [
                (">", b"2probe"),
                ("<", b"3probe"),
                (">", b"5"),
                (">", b'42["chat message",{"room":"a"}]'),
                (">", b'42/admin,7["join","a"]'),
                ("<", b'437[{"ok":true}]'),
            ],
            {"> ping", "< pong", "> upgrade", "> chat message", "> join", "< ack"},
        ),
        (
            "/live/websocket",
            [(">", b'["3","3","room:lobby","phx_join",{"user":"a"}]'), ("<", b'[null,null,"room:lobby","new_msg",{"body":"x"}]')],
            {"> phx_join", "< new_msg"},
        ),
        (
            "/ocpp",
            [(">", b'[2,"19223201","BootNotification",{"chargePointModel":"M"}]'), ("<", b'[3,"19223201",{"interval":300}]')],
            {"> BootNotification", "< list"},
        ),
        ("/nostr", [(">", b'["REQ","s1",{"kinds":[1]}]'), ("<", b'["EVENT","s1",{"id":"a"}]')], {"> REQ", "< EVENT"}),
        ("/stomp", [(">", b"SUBSCRIBE\nid:0\ndestination:/topic/a\n\n\0"), ("<", b'MESSAGE\nmessage-id:1\n\n{"price":5}\0')], {"> SUBSCRIBE", "< MESSAGE"}),
        ("/sockjs", [("<", b"o"), ("<", b'a["{\\"type\\":\\"tick\\"}"]')], {"< text", "< tick"}),
        (
            "/hub",
            [(">", b'{"protocol":"json","version":1}\x1e'), ("<", b'{"type":1,"target":"Say","arguments":[]}\x1e{"type":6}\x1e')],
            {"> protocol+version", "< Say", "< type 6"},
        ),
        ("/gateway", [("<", b'{"op":10,"d":{"every":41250}}'), (">", b'{"op":1,"d":5}'), ("<", b'{"op":0,"t":"NEW","d":{}}')], {"< op 10", "> op 1", "< NEW"}),
        ("/rpc", [(">", b'{"jsonrpc":"2.0","id":1,"method":"sub"}'), ("<", b'{"jsonrpc":"2.0","id":1,"result":true}')], {"> sub", "< result"}),
    ],
)
def test_frames_are_called_by_what_they_say(path: str, frames: list[tuple[str, bytes]], expected: set[str]) -> None:
    """Socket.IO, Phoenix, OCPP, Nostr, STOMP, SockJS, SignalR and JSON-RPC each say their events in their own way."""
    assert set(_messages(frames, path)) == expected


def test_what_an_event_carries_is_its_schema() -> None:
    """Without the frame around it, and without what a user must not see."""
    found = _messages([(">", b'42["chat",{"room":"a"}]')], "/socket.io/?EIO=4")
    assert found["> chat"].schema == {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]}
    stomp: Any = _messages([(">", b"CONNECT\nlogin:ann\npasscode:hunter2hunter2\n\n\0")])["> CONNECT"]
    assert stomp.schema["properties"]["headers"]["required"] == ["login", "passcode"]
    assert "hunter2" not in str(stomp)
    query = b'{"id":"1","type":"subscribe","payload":{"query":"subscription($p: String!) { login(password: $p) { id } }","variables":{"p":"hunter2"}}}'
    assert "hunter2" not in str(_messages([(">", query)]))


def test_the_chunks_of_an_answer_are_one_kind_of_message() -> None:
    """A stream of a model's words has chunks and an end, whatever is in the chunks."""
    body = b'data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n'
    call = Exchange(
        "1",
        "POST",
        "https://api.example/v1/chat/completions",
        200,
        response_headers=(("content-type", "text/event-stream"),),
        request_body=b"{}",
        response_body=body,
    )
    (operation,) = conclude(observe_all([call])).operations
    assert (operation.api_type, [message.name for message in operation.messages]) == ("SSE", ["[DONE]", "chat.completion.chunk"])
