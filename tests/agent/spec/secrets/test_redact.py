"""What is hidden, what is left alone, and that hiding twice changes nothing."""

import base64
import json
import time
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.model import Exchange, Frame
from agent.spec.secrets.finding import find_secrets
from agent.spec.secrets.patterns import PATTERNS
from agent.spec.secrets.redact import mask_body, mask_exchange, mask_headers, mask_json, mask_object, mask_text, mask_url

HEX, ALNUM = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gI3kM5oQ7s"

EXAMPLES: dict[str, list[str]] = {
    "private-key": ["-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz"],
    "url-password": ["https://user:hunter2hunter@db.test/x"],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"],
    "jwe": ["eyJhbGciOiJSU0EifQ.OKOawDo13gRp.48V1_ALb6US0.5eym8TW_c8Su.XFBoMYUZodet"],
    "basic-auth": ["Basic " + base64.b64encode(b"admin:pass1word").decode()],
    "bearer-token": ["Bearer abc123def456"],
    "aws-access-key": ["AKIAIOSFODNN7EXAMPLE"],
    "github-token": ["ghp_" + ALNUM[:36], "github_pat_" + ALNUM[:30]],
    "gitlab-token": ["glpat-" + ALNUM[:20]],
    "stripe-key": ["sk_live_" + ALNUM[:24], "rk_test_" + ALNUM[:24]],
    "stripe-webhook-secret": ["whsec_" + ALNUM[:32]],
    "slack-token": ["xoxb-123456789012-" + ALNUM[:24], "xapp-1-A0123456789-" + HEX],
    "slack-webhook": ["https://hooks.slack.com/services/T00000000/B00000000/" + ALNUM[:24]],
    "discord-webhook": ["https://discord.com/api/webhooks/1234567890/" + ALNUM[:40]],
    "google-api-key": ["AIza" + ALNUM[:35]],
    "google-oauth": ["ya29." + ALNUM, "GOCSPX-" + ALNUM[:28], "1//0" + ALNUM],
    "openai-key": ["sk-proj-" + ALNUM, "sk-" + ALNUM, "sk-ant-api03-" + ALNUM],
    "sendgrid-key": ["SG." + ALNUM[:22] + "." + ALNUM],
    "twilio-key": ["SK" + HEX],
    "mailgun-key": ["key-" + HEX],
    "mailchimp-key": [HEX + "-us12"],
    "npm-token": ["npm_" + ALNUM[:36]],
    "pypi-token": ["pypi-AgEIcHlwaS5vcmc" + ALNUM],
    "shopify-token": ["shpat_" + HEX],
    "digitalocean-token": ["dop_v1_" + HEX + HEX],
    "huggingface-token": ["hf_" + ALNUM[:34]],
    "telegram-token": ["123456789:AA" + ALNUM[:33]],
    "square-token": ["sq0atp-" + ALNUM[:22]],
    "facebook-token": ["EAA" + ALNUM + ALNUM],
    "azure-key": ["AccountKey=" + ALNUM + ALNUM + "=="],
    "databricks-token": ["dapi" + HEX],
    "linear-key": ["lin_api_" + ALNUM],
    "notion-token": ["ntn_" + ALNUM],
    "atlassian-token": ["ATATT3" + ALNUM],
    "vault-token": ["hvs." + ALNUM],
    "dropbox-token": ["sl." + ALNUM + ALNUM],
    "grafana-token": ["glsa_" + ALNUM],
    "postman-key": ["PMAK-" + HEX[:24] + "-" + HEX + "ab"],
    "new-relic-key": ["NRAK-" + ALNUM[:27].upper()],
    "groq-key": ["gsk_" + ALNUM[:40] + "ab12CD34ef56"],
    "doppler-token": ["dp.pt." + ALNUM[:40]],
    "terraform-token": [ALNUM[:14] + ".atlasv1." + ALNUM[:40] + ALNUM[:27]],
    "pulumi-token": ["pul-" + HEX + HEX[:8]],
    "planetscale-token": ["pscale_tkn_" + ALNUM[:40]],
    "figma-token": ["figd_" + ALNUM[:40]],
    "airtable-token": ["pat" + ALNUM[:14] + "." + HEX + HEX],
    "supabase-key": ["sbp_" + HEX + HEX[:8], "sb_secret_" + ALNUM[:30]],
    "vercel-token": ["vercel_blob_rw_" + ALNUM[:30], "vcp_" + ALNUM[:30]],
    "mapbox-token": ["sk.eyJ" + ALNUM[:40] + "." + ALNUM[:22]],
    "replicate-token": ["r8_" + ALNUM[:37]],
    "fly-token": ["fo1_" + ALNUM[:40] + "abc"],
    "sentry-token": ["sntrys_eyJ" + ALNUM[:40] + "abc"],
    "asana-token": ["1/1234567890123456:" + HEX],
    "hubspot-token": ["pat-na1-6f9619ff-8b86-d011-b42d-00c04fc964ff"],
    "discord-token": ["M" + ALNUM[:23] + ".GhIjKl." + ALNUM[:27]],
    "brevo-key": ["xkeysib-" + HEX + HEX + "-" + ALNUM[:16]],
    "perplexity-key": ["pplx-" + ALNUM[:40] + "ab12CD34"],
    "xai-key": ["xai-" + ALNUM[:40] + ALNUM[:40]],
    "typeform-token": ["tfp_" + ALNUM[:40] + "abcd"],
    "docker-token": ["dckr_pat_" + ALNUM[:27]],
    "cloudflare-key": ["v1.0-" + HEX[:24] + "-" + HEX * 4 + HEX[:18]],
    "aws-session": ["FwoGZXIvYXdzE" + ALNUM[:40] + ALNUM[:40]],
    "curl-user": ["curl -s -u ada:hunter2hunter2"],
    "zapier-webhook": ["https://hooks.zapier.com/hooks/catch/1234567/" + HEX[:7]],
    "teams-webhook": ["https://acme.webhook.office.com/webhookb2/" + HEX + HEX[:4] + "@" + HEX],
    "fireworks-key": ["fw_" + ALNUM[:24]],
    "netlify-token": ["nfp_" + ALNUM[:36]],
    "resend-key": ["re_" + ALNUM[:8] + "_" + ALNUM[8:32]],
    "heroku-token": ["HRKU-" + ALNUM[:36]],
    "contentful-token": ["CFPAT-" + ALNUM + "abc"],
    "sourcegraph-token": ["sgp_" + HEX + HEX[:8]],
    "elevenlabs-key": ["sk_" + HEX + HEX[:16]],
    "posthog-key": ["phx_" + ALNUM + "abc"],
    "render-key": ["rnd_" + ALNUM[:28]],
    "flutterwave-key": ["FLWSECK_TEST-" + HEX + "-X"],
    "plaid-token": ["access-sandbox-6f9619ff-8b86-d011-b42d-00c04fc964ff"],
    "lob-key": ["live_" + HEX + "abc"],
    "duffel-token": ["duffel_test_" + ALNUM + "abc"],
    "easypost-key": ["EZAK" + ALNUM[:40] + ALNUM[:14]],
    "shippo-token": ["shippo_live_" + HEX + HEX[:8]],
    "rubygems-key": ["rubygems_" + HEX + HEX[:16]],
    "cargo-token": ["cio" + ALNUM[:32]],
    "dynatrace-token": ["dt0c01." + HEX[:24].upper() + "." + (HEX + HEX).upper()],
    "prefect-key": ["pnu_" + HEX + HEX[:4]],
    "readme-key": ["rdme_" + HEX + HEX + HEX[:6]],
    "alibaba-key": ["LTAI" + ALNUM[:20]],
    "tencent-key": ["AKID" + ALNUM[:32]],
    "nvidia-key": ["nvapi-" + ALNUM[:40] + ALNUM[:24]],
    "tavily-key": ["tvly-" + ALNUM[:32]],
    "langsmith-key": ["lsv2_pt_" + HEX + "_" + HEX[:10]],
    "pinecone-key": ["pcsk_" + ALNUM[:6] + "_" + ALNUM[:40] + ALNUM[:23]],
    "razorpay-key": ["rzp_live_" + ALNUM[:14]],
    "firebase-token": ["cJ3kL9mNpQ4:APA91b" + ALNUM * 3 + ALNUM[:14]],
    "1password-token": ["ops_eyJ" + ALNUM * 2],
    "age-key": ["AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2],
}

PUBLIC: list[Any] = [
    {
        "id": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "sha": HEX,
        "etag": HEX + HEX,
        "object_id": "507f1f77bcf86cd799439011",
    },
    {"snowflake": "1234567890123456789", "number": 4539578763621486, "customer_id": "4539578763621486", "sid": "AC" + HEX, "at": "2025-01-31T12:00:00Z"},
    {
        "next_page_token": "CAoQAA",
        "max_tokens": 4096,
        "token_type": "bearer",
        "tokens_used": 3,
        "key": "settings.color",
        "state": "open",
        "author": "ann",
        "email": "a@b.test",
    },
    {
        "prefixed": "cus_NffrFeUfNV2Hib",
        "commit": "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
        "url": "https://x.test/a/b?page=2",
        "text": "Bearer of news; Basic training",
        "is_password_set": True,
    },
    {
        "file_id": "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms",
        "cursor": ALNUM + "x9",
        "address": "0x52908400098527886E0F7030069857D2E4169EE7",
        "contract": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "cid": "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEZ79ojWnPbdG",
        "integrity": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "page": "Y3Vyc29yOnYyOpK5MjAyNS0wMS0zMVQxMjowMDowMFo=",
        "made_of": base64.b64encode(b"a cursor after item 1,234 of 5,678").decode(),
        "picture": "https://cdn.test/" + ALNUM,
        "kind": "ListOfHttpProxyOptionsInApiGatewayVersion2Beta",
        "status_code": 482913,
        "pin": "top-left",
        "pinned": 1234,
        "note": "status code is 404, zip code is 94107, key eu-central-1-prod-cluster-01 was made, your password is required, token expired",
    },
    [
        {"name": "colour", "value": "token"},
        {"type": "password", "label": "Password"},
        {"title": "Tokens", "content": "what they are"},
        [["a", "b"], ["tag", "token"]],
    ],
]

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "password", "token", "key", "url"]) | st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
PLANTED = st.sampled_from([example for examples in EXAMPLES.values() for example in examples])


def test_every_pattern_has_an_example() -> None:
    """A row of the table without its test would rot."""
    assert {pattern.kind for pattern in PATTERNS} == EXAMPLES.keys()


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_kind_of_secret_is_found_and_hidden(kind: str) -> None:
    """In the middle of a sentence, under a harmless name, and as a key of a map."""
    for example in EXAMPLES[kind]:
        text = f"it is {example} there"
        assert kind in {secret.kind for secret in find_secrets(text)}, example
        hidden = (
            example.split("/")[-1]
            if "webhook" in kind
            else "hunter2hunter"
            if kind in ("url-password", "curl-user")
            else example.split(" ")[-1].split("AccountKey=")[-1]
        )
        for masked in (mask_text(text), json.dumps(mask_json({"note": text}), ensure_ascii=False), json.dumps(mask_json({example: 1}), ensure_ascii=False)):
            assert hidden not in masked and "••••" in masked


@pytest.mark.parametrize("value", PUBLIC)
def test_ids_hashes_and_page_tokens_survive(value: Any) -> None:
    """What is no credential stays as it was."""
    assert mask_json(value) == value


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "378282246310005"])
def test_card_numbers_are_hidden_by_their_check_digit(number: str) -> None:
    """Only where the Luhn sum holds, so that other numbers stay."""
    wrong = number[:-1] + ("2" if number[-1] != "2" else "3")
    assert mask_json({"card": number, "other": wrong}) == {"card": "••••" + number[-4:], "other": wrong}


def test_names_decide_whatever_the_value_is() -> None:
    """A number keeps its type, a list and an object are searched, a truth value stays."""
    value = {"password": "x", "pin_code": 1234, "apiKeys": ["abcdefghijkl"], "credentials": {"user": "ann", "secret": "s3"}, "otp": True, "cvc": None}
    assert mask_json(value) == {
        "password": "••••",
        "pin_code": 0,
        "apiKeys": ["••••ijkl"],
        "credentials": {"user": "ann", "secret": "••••"},
        "otp": True,
        "cvc": None,
    }


def test_headers_keep_what_explains_and_lose_what_opens() -> None:
    """The scheme, cookie names, cookie attributes and public headers stay."""
    headers = (
        ("Authorization", "Bearer abcdefghijklmnop"),
        ("authorization", "Basic dXNlcjpwYXNzd29yZA=="),
        ("Authorization", 'Digest username="ann", response="0a4f"'),
        ("Cookie", "sid=abcdefabcdefabcdef; theme=dark"),
        ("Set-Cookie", "sid=abcdefabcdefabcdef; Path=/; HttpOnly"),
        ("X-Api-Key", "short"),
        ("ETag", '"0123456789abcdef"'),
        ("Location", "/cb?code=abc123def456ghi789jk&page=2"),
        ("X-Request-Id", HEX),
    )
    assert [value for _, value in mask_headers(headers)] == [
        "Bearer ••••mnop",
        "Basic ••••",
        "Digest ••••",
        "sid=••••cdef; theme=••••",
        "sid=••••cdef; Path=/; HttpOnly",
        "••••",
        '"0123456789abcdef"',
        "/cb?code=••••89jk&page=2",
        HEX,
    ]


def test_urls_lose_passwords_and_secret_parameters() -> None:
    """The rest of a URL is spelled as before."""
    assert (
        mask_url("https://u:secretpass@x.test/a%20b?api_key=abcdefghijklm&q=a+b&page=2#access_token=abcdefghijklm")
        == "https://u:••••@x.test/a%20b?api_key=••••jklm&q=a+b&page=2#access_token=••••jklm"
    )


def test_bodies_by_media_type() -> None:
    """JSON, forms, XML and plain text; pictures are left alone."""
    assert mask_body(b'{"password":"x","a":1}', "application/json") == '{"password":"••••","a":1}'.encode()
    assert mask_body(b"user=ann&password=x", "application/x-www-form-urlencoded") == "user=ann&password=••••".encode()
    assert mask_body(b"<a><password>abc</password></a>", "text/xml") == "<a><password>••••</password></a>".encode()
    assert mask_body(b'{"broken": "eyJhbGciOiJI.eyJzdWIiOi.abc', "application/json") == '{"broken": "••••'.encode()
    assert mask_body(b"\x89PNG\0password=x", "image/png") == b"\x89PNG\0password=x"


def test_a_whole_exchange_is_masked() -> None:
    """Frames and both bodies too; what has no secret stays byte for byte."""
    exchange = Exchange(
        "1",
        "POST",
        "https://x.test/?token=abc",
        200,
        (("Content-Type", "application/json"),),
        b'{"password": "pw"}',
        (),
        b'{"id": 1}',
        frames=(Frame("sent", b'{"token":"abc"}'),),
    )
    masked = mask_exchange(exchange)
    assert b"pw" not in masked.request_body and masked.response_body == b'{"id": 1}'
    assert masked.url == "https://x.test/?token=••••" and masked.frames[0].data == '{"token":"••••"}'.encode()


@settings(max_examples=150, deadline=None)
@given(ANYTHING, PLANTED)
def test_hiding_twice_changes_nothing(value: Any, secret: str) -> None:
    """Of any value, with a secret beside it."""
    once = mask_json({"a": value, "b": secret})
    assert mask_json(once) == once


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(max_size=20) | PLANTED | st.sampled_from(["password=", "token: ", "Bearer ", "://", "?", "&", "@", '"secret":"']), max_size=6).map("".join)
)
@hypothesis.example("password=__proto__curl -s -u ada:hunter2hunter2__proto__")
@hypothesis.example("0whsec_aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gIcurl -s -u ada:hunter2hunter2")
def test_hiding_twice_changes_nothing_in_text_urls_and_headers(text: str) -> None:
    """Whatever the text is made of."""
    for mask in (mask_text, mask_url, lambda value: mask_headers((("Authorization", value), ("Cookie", value), ("X-Token", value), ("X-Other", value)))):
        once: Any = mask(text)
        again = mask_headers(once) if isinstance(once, tuple) else mask(once)
        assert again == once


@pytest.mark.parametrize(
    "part",
    [
        "a=b@c://x:",
        "eyJaaaaaaa.",
        "-----BEGIN PRIVATE KEY-----",
        "bearer aaaaaaaa",
        "://",
        "sk_live_abcdefghijkl ",
        "A",
        '"',
        "password=",
        "4111 1111 1111 1112 ",
    ],
)
def test_no_text_makes_it_slow(part: str) -> None:
    """A quarter of a megabyte of what an expression could stumble over takes well under the time limit."""
    started = time.process_time()
    mask_text(part * (250_000 // len(part)))
    assert time.process_time() - started < 5


def test_fields_of_a_form_in_parts_are_masked_by_their_names() -> None:
    """Also beside a file, whose bytes stay as they are; masking what is masked changes nothing."""
    form = (
        b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2 secret\r\n'
        b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--b\r\nContent-Disposition: form-data; name="password"; filename="x.bin"\r\n\r\n\x00\xff\r\n--b--\r\n'
    )
    masked = mask_body(form, "multipart/form-data; boundary=b")
    assert b"hunter2" not in masked
    assert b"\r\n\r\nhello\r\n" in masked
    assert b"\r\n\r\n\x00\xff\r\n--b--\r\n" in masked
    assert mask_body(masked, "multipart/form-data; boundary=b") == masked
    assert "hunter2" not in mask_text(form.decode("latin-1"))


@pytest.mark.parametrize(
    "text",
    [
        'mutation { login(password: "hunter2 and more") }',
        '{"password": "hunter2, still \\" hunter2"}',
        '{\\"password\\": \\"hunter2 hunter2\\"}',
        "password = 'hunter2 hunter2'",
        "<wsse:Password Type='#PasswordText'>hunter2</wsse:Password>",
        "<login><password><![CDATA[hunter2 hunter2]]></password></login>",
        '<form><input type="hidden" name="csrf_token" value="hunter2"></form>',
    ],
)
def test_a_secret_in_quotes_or_in_an_element_is_hidden_whole(text: str) -> None:
    """Blanks, escapes and attributes do not end it; hiding twice changes nothing."""
    assert "hunter2" not in mask_text(text)
    assert mask_text(mask_text(text)) == mask_text(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "hunter2"}',
        "DB_PASSWORD=hunter2\nPORT=1",
        "Server=x;User Id=a;Password=hunter2;",
        'mutation { login(email: "a@x.test", password: "hunter2") { id } }',
        "curl -d 'password=hunter2' https://x.test",
    ],
)
def test_a_text_within_json_is_looked_into(text: str) -> None:
    """JSON in a text, settings, and code; its query too. What only looks like it stays."""
    assert "hunter2" not in json.dumps(mask_json({"note": text, "list": [text]}))
    assert "hunter2" not in mask_url("https://x.test/a?q=" + quote(text))
    for plain in ("a = b", "he said: 'go'", "x == y", "token: none of it", "dGVzdA==", '{"id": 7}'):
        assert mask_json({"note": plain}) == {"note": plain}


def test_pairs_of_a_name_and_a_value_are_what_they_say() -> None:
    """Also under names that repeat a secret, and behind a segment that announces one."""
    assert mask_json([{"name": "password", "value": "x"}, {"key": "colour", "value": "red"}]) == [
        {"name": "password", "value": "••••"},
        {"key": "colour", "value": "red"},
    ]
    assert mask_json({"password_confirmation": "x", "password2": "y", "tokenValue": "z"}) == {
        "password_confirmation": "••••",
        "password2": "••••",
        "tokenValue": "••••",
    }
    assert mask_url("https://x.test/reset-password/Zq7dkg4AfjSWtf01qNwPI8/x") == "https://x.test/reset-password/••••wPI8/x"
    assert mask_url("https://x.test/tokens/6f9619ff-8b86-d011-b42d-00c04fc964ff") == "https://x.test/tokens/6f9619ff-8b86-d011-b42d-00c04fc964ff"


def test_a_variable_that_stands_for_a_secret_is_hidden() -> None:
    """Whatever it is called, where the document says what it is for."""
    body = {"query": "mutation($p: String!, $n: String) { login(password: $p, name: $n) }", "variables": {"p": "hunter2", "n": "ada"}}
    assert mask_json(body) == {**body, "variables": {"p": "••••", "n": "ada"}}


@pytest.mark.parametrize(
    ("name", "value"), [("name", "value"), ("key", "value"), ("Key", "Value"), ("k", "v"), ("header", "value"), ("@name", "#text"), ("name", "val")]
)
def test_pairs_may_be_called_otherwise(name: str, value: str) -> None:
    """Also where they are lists of two, attributes of an element or members of a struct, and where each of their fields is counted alone."""
    pair = {name: "DB_PASSWORD", value: "hunter2", "note": "for ada"}
    assert mask_json([pair]) == [{name: "DB_PASSWORD", value: "••••", "note": "for ada"}]
    assert mask_object("settings", pair) == {**pair, value: "••••"}
    assert "hunter2" not in mask_text(f"<r><add {name.strip('@')}='DB_PASSWORD' value='hunter2'/></r>") or name not in ("name", "key")
    assert mask_json({"headers": [["X-Api-Key", "hunter2"], ["Accept", "text/html"]]}) == {"headers": [["X-Api-Key", "••••"], ["Accept", "text/html"]]}
    assert "hunter2" not in mask_text("<member><name>password</name> <value><string>hunter2</string></value></member>")


def test_what_stands_under_a_credential_is_judged_by_it() -> None:
    """What says nothing by itself; what describes the credential stays."""
    value = {"token": {"type": "ci", "value": "hunter2", "scope": "read"}, "apiKeys": {"prod": {"raw": "hunter2"}, "label": "main"}}
    assert mask_json(value) == {"token": {"type": "ci", "value": "••••", "scope": "read"}, "apiKeys": {"prod": {"raw": "••••"}, "label": "main"}}


def test_numbers_that_let_in_are_hidden() -> None:
    """A pin is of four to eight digits; codes are told by what they are for."""
    assert mask_json({"pin": 4821, "user_pin": "482913", "sms_code": 482913}) == {"pin": 0, "user_pin": "••••", "sms_code": 0}
    assert mask_json({"pin": 12, "code": 482913, "pins": [4821]}) == {"pin": 12, "code": 482913, "pins": [4821]}
    assert mask_text("<pin>4821</pin> pin=4821 your code is 482913.") == "<pin>••••</pin> pin=•••• your code is ••••."


@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
def test_columns_of_a_table_are_named_by_its_first_line(between: str) -> None:
    """Whatever parts them, with quotes and without."""
    table = 'id,password,city\r\n1,hunter2,Rome\r\n2,"hunter2 x",Oslo\r\n'.replace(",", between)
    masked = mask_body(table.encode(), "text/csv").decode()
    assert masked == "id,password,city\r\n1,••••,Rome\r\n2,••••,Oslo\r\n".replace(",", between)
    assert mask_body(masked.encode(), "text/csv").decode() == masked
    prose = "We lost the password, sadly, again.\nNobody knows it, still, today.\n"
    assert mask_text(prose) == prose


def test_a_long_key_of_no_known_form_is_hidden() -> None:
    """Alone, within a sentence, as a key of a map, in a table, and under a name that means nothing."""
    key = "q7Xk29LmPz84RtVbN3cYwE6uJh1GsD5fA0oTiBxKy8"
    for value in ({"value": key}, key, [key], {"note": f"it is {key}, they say"}, {key: 1}, {"x": f"prod:a|{key}"}):
        assert key not in json.dumps(mask_json(value))
    for text in (key, f"<x>{key}</x>", f"a,b\n1,{key}\n", f"data: {key}", f"a=1&x={key}"):
        assert key not in mask_text(text)
    for text in (f"<file_id>{key}</file_id>", f"a=1&cursor={key}", f'broken: "node_id": "{key}"'):
        assert mask_text(text) == text
    assert key not in mask_url(f"https://x.test/a?x={key}") and key not in repr(mask_headers((("X-Shop", key),)))


@pytest.mark.parametrize(
    "text",
    [
        "db:\n  password: hunter2\n",
        "data: password=hunter2",
        "see https://x.test/a?b=1&X-Amz-Signature=hunter2hunter2ab12",
        "curl -H 'X-Api-Key: hunter2' https://x.test",
        "Your password is hunter2.",
        "use token aB3hunter2dE5gH7jK9mN1",
    ],
)
def test_settings_and_sentences_tell_what_they_are_about(text: str) -> None:
    """What stands before a name, such as an address or the field of an event, hides nothing from view."""
    assert "hunter2" not in mask_text(text)
    assert "hunter2" not in json.dumps(mask_json({"note": text}))


def test_variables_in_an_address_are_hidden_too() -> None:
    """As those in a body are."""
    asked = "https://x.test/graphql?query=" + quote("query G($t: String) { me(token: $t) { id } }") + "&variables=" + quote('{"t":"hunter2"}')
    assert "hunter2" not in mask_url(asked)


def test_a_password_that_is_called_pass_is_hidden() -> None:
    """Whatever it is like, in a query, a form and an object; what only says that a test was passed is none."""
    assert "horse" not in mask_url("https://api.example/login?user=ada&pass=correct-horse&pass2=correct-horse")
    assert b"horse" not in mask_body(b"user=ada&pass=correct-horse", "application/x-www-form-urlencoded")
    assert b"horse" not in mask_body(b'{"user": "ada", "pass": "correct-horse"}', "application/json")
    said = b'{"pass": "true", "pass2": 12, "boarding_pass": "window seat", "pass_rate": "high"}'
    assert mask_body(said, "application/json") == said
