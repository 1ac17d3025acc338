"""Messages of Protocol Buffers without their schema: numbers and ways of writing, and no values."""

import random
from base64 import b64encode

import pytest

from agent.spec import summary
from agent.spec.infer import conclude
from agent.spec.merge import merge
from agent.spec.model import Exchange
from agent.spec.observe import observe, observe_all
from agent.spec.protocols import protobuf
from agent.spec.writers import markdown, openapi


def _field(number: int, value: int | float | bytes) -> bytes:
    """As the specification says: a key, then a number, eight bytes, or a length and bytes."""
    if isinstance(value, float):
        return _number(number << 3 | 1) + bytes(8)
    return _number(number << 3) + _number(value) if isinstance(value, int) else _number(number << 3 | 2) + _number(len(value)) + value


def _number(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _number(value >> 7)


PET = _field(1, 150) + _field(2, b"Rex the secret") + _field(3, 1.5) + _field(16, b"\xff\xfe\x00")
PETS = _field(1, PET) + _field(1, PET) + _field(2, b"next page")
TOLD = "1 message, repeated (1 varint; 2 text; 3 64 bits; 16 bytes); 2 text"


def _framed(*messages: bytes, flag: int = 0) -> bytes:
    return b"".join(bytes([flag]) + len(message).to_bytes(4, "big") + message for message in messages)


@pytest.mark.parametrize(
    ("media_type", "body", "told"),
    [
        ("application/x-protobuf", PETS, TOLD),
        ("application/vnd.google.protobuf; v=1", b"\x25\0\0\0\0" + _field(5, b""), "4 32 bits; 5 text or message"),
        ("application/grpc", _framed(PETS), TOLD),
        ("application/grpc+proto", _framed(b"packed", flag=1), ""),
        ("application/grpc-web+proto", _framed(PETS) + _framed(b"grpc-status: 0\r\n", flag=128), TOLD),
        ("application/grpc-web-text", b64encode(_framed(PETS)) + b64encode(_framed(b"grpc-status: 0\r\n", flag=128)), TOLD),
        ("application/connect+proto", _framed(PET, PETS), "1 message or varint, repeated (1 varint; 2 text; 3 64 bits; 16 bytes); 2 text; 3 64 bits; 16 bytes"),
        ("application/x-protobuf", PETS[:-1], ""),
        ("application/x-protobuf", b"\x0b\x08\x01\x0c", ""),
        ("application/connect+json", b"\0\0\0\0\2{}", ""),
        ("application/octet-stream", PETS, ""),
        ("application/grpc-web-text", b"no base 64!", ""),
    ],
)
def test_fields_are_told_by_their_numbers(media_type: str, body: bytes, told: str) -> None:
    """Alone, in frames and in text; what is packed, cut, a group or something else says nothing."""
    kind = (("content-type", media_type),)
    call = Exchange("1", "POST", "https://api.example/shop.v1.Pets/List", 200, kind, body, kind, body)
    (operation,) = conclude(observe_all([call])).operations
    for schema in (operation.request[0].schema, operation.responses[0].contents[0].schema):
        assert schema.get("description", "") == (f"Protocol Buffers, by field number: {told}." if told else "")


def test_no_value_is_kept_and_the_documents_say_the_fields() -> None:
    """Neither in the summary nor in a document; a client still sends bytes."""
    kind = (("content-type", "application/x-protobuf"),)
    found = observe(Exchange("1", "POST", "https://api.example/pets", 200, kind, PETS, kind, PET))
    assert b"secret" not in summary.dump(found)
    spec = conclude(found)
    body = openapi.document(spec)["paths"]["/pets"]["post"]["requestBody"]["content"]["application/x-protobuf"]
    assert body["schema"] == {"type": "string", "format": "binary", "description": f"Protocol Buffers, by field number: {TOLD}."}
    assert f"field number: {TOLD}." in markdown.document(spec).replace("\\(", "(").replace("\\)", ")")


def test_any_order_and_any_parts_give_the_same() -> None:
    """With more fields than are kept, too."""
    kind = (("content-type", "application/x-protobuf"),)
    calls = [
        Exchange(str(n), "POST", "https://api.example/pets", 200, kind, b"".join(_field(n * 9 + k + 1, k) for k in range(9)), kind, PETS if n % 2 else PET)
        for n in range(60)
    ]
    whole = summary.dump(observe_all(calls))
    random.Random(7).shuffle(calls)
    assert summary.dump(observe_all(calls)) == whole
    assert summary.dump(merge(*[observe_all(calls[at : at + 7]) for at in range(0, 60, 7)])) == whole


def test_random_bytes_do_no_harm() -> None:
    """They are read in the time of their length, however they nest."""
    chance = random.Random(1)
    for _ in range(500):
        protobuf.described(protobuf.counted({}, chance.randbytes(chance.randrange(200)), "application/x-protobuf"))
    nested = b""
    for _ in range(2000):
        nested = _field(1, nested)
    assert protobuf.described(protobuf.counted({}, nested, "application/x-protobuf")).count("(") < 10


@pytest.mark.parametrize("media_type", ["application/grpc-web-text", "application/grpc-web-text+proto", "application/grpc+proto", "application/connect+proto"])
def test_bodies_that_are_cut_off_or_nothing_of_the_kind_do_no_harm(media_type: str) -> None:
    """Of any length, in base64 that ends anywhere, or in no base64 at all."""
    chance = random.Random(2)
    whole = b64encode(bytes(1) + len(PET).to_bytes(4, "big") + PET)
    for body in (*(whole[:end] for end in range(len(whole))), *(chance.randbytes(length) for length in range(200))):
        protobuf.described(protobuf.counted({}, body, media_type))
