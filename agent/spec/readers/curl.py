"""Reads curl commands as browsers copy them and people paste them: each address in them becomes an exchange without an answer.

The quoting is that of `shell_words`. Nothing is run and no `@file` is read: its request counts as cut off.
"""

import base64
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote_plus

from agent.spec.model import Exchange, Headers
from agent.spec.readers import shell_words
from agent.spec.readers.reading import Reading, Skips, Unreadable, opened, whole, with_id

MAX_TEXT = 8 << 20
_START = re.compile(
    r"^[ \t]{0,40}(?:(?:PS )?\S{0,80}[$>%]|\S{1,80}\#)?[ \t>]{0,20}(?:(?:sudo|time|exec|&|[A-Z_]{1,40}=\S{0,200})[ \t]{1,20}){0,5}"
    r"((?:[\w.~/-]{0,80}/)?curl(?:\.exe)?(?=\s))|(?:[;&|][ \t]{0,20}|\$\(|`)((?:[\w.~/-]{0,80}/)?curl(?:\.exe)?(?=\s))",
    re.MULTILINE | re.IGNORECASE,
)


def read(data: bytes | BinaryIO) -> Reading:
    """The requests in a text of curl commands. Raises Unreadable, at the latest with the first, where there is none."""
    return Reading(lambda skips: _read(whole(opened(data), MAX_TEXT).decode("utf-8", "replace"), skips))


def parse(command: str) -> Exchange:
    """The first request of a command. Raises ValueError with a sentence where it is not one that sends any."""
    for words in _commands(command):
        if isinstance(words, ValueError):
            raise words
        return _requests(words)[0]
    raise ValueError("The command does not begin with `curl`.")


def _read(text: str, skips: Skips) -> Iterator[Exchange]:
    found = 0
    for number, words in enumerate(_commands(text), 1):
        try:
            exchanges = _requests(words)
        except ValueError as error:
            skips.add(f"Command {number} was left out: {error}")
            continue
        found += len(exchanges)
        yield from exchanges
    if not found:
        raise Unreadable("There is no curl command with a URL in this text.")


def _commands(text: str) -> Iterator[shell_words.Words | ValueError]:
    """Each command's words, or why it has none."""
    if not re.search("[\"']", text):
        text = text.translate(_SMART_QUOTES)
    variables, at = shell_words.assigned(text), 0
    while start := _START.search(text, at):
        begin = start.start(1) if start[1] else start.start(2)
        try:
            style = shell_words.style_of(text, begin)
            if style == "cmd":
                following = _START.search(text, start.end())
                at = following.start() if following else len(text)
                found = shell_words.split(shell_words.without_carets(text[begin:at]), 0, style, variables)
            else:
                found = shell_words.split(text, begin, style, variables)
                at = found.end
            yield found
        except ValueError as error:
            yield error
            at = start.end()


def _requests(found: shell_words.Words | ValueError) -> list[Exchange]:
    if isinstance(found, ValueError):
        raise found
    parts, exchanges = _Parts(found.document), list[Exchange]()
    rest = iter(found.words[1:])
    for word in rest:
        if word in ("--next", "-:"):
            exchanges += parts.exchanges()
            parts = _Parts(found.document)
        else:
            parts.take(word, rest)
    exchanges += parts.exchanges()
    if not exchanges:
        raise ValueError("The command names no URL.")
    return exchanges


_LONG = """
    abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to continue-at cookie cookie-jar
    create-file-mode crlfile curves data data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers
    doh-url dump-header ech egd-file engine etag-compare etag-save expect100-timeout form form-string happy-eyeballs-timeout-ms header hostpubmd5
    hostpubsha256 hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type libcurl limit-rate local-port login-options
    max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max pass pinnedpubkey preproxy proto proto-default
    proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-ciphers proxy-header proxy-key proxy-pass proxy-user range rate referer request
    request-target resolve retry retry-delay retry-max-time service-name socks4 socks4a socks5 socks5-hostname speed-limit speed-time stderr time-cond
    tls-max tls13-ciphers trace trace-ascii trace-config unix-socket upload-file url url-query user user-agent variable vlan-priority write-out
"""
_SHORT = {
    "A": "user-agent", "b": "cookie", "d": "data", "e": "referer", "F": "form", "G": "get", "H": "header", "I": "head", "r": "range", "T": "upload-file",
    "u": "user", "X": "request",
} | dict.fromkeys("cCDEKmoPQtUwxyYzh", "output")  # fmt: skip
"""The letters that say something of the request, and those whose argument must be passed over."""
_VALUED = frozenset(_LONG.split())
_SMART_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_MOST_URLS = 100
_AN_ADDRESS = re.compile(r"\w+://.|[^\s/?#]+[.:]\w|localhost\b|\$|\{\{|\[")


class _Parts:
    """What the options of one request add up to."""

    def __init__(self, document: str | None) -> None:
        self._document = document
        self._urls: list[str] = []
        self._headers: list[tuple[str, str]] = []
        self._query: list[str] = []
        self._body, self._form = "", list[str]()
        self._method, self._default, self._user, self._signs = "", "GET", "", "Basic"
        self._is_get = self._is_cut = False

    def take(self, word: str, rest: Iterator[str]) -> None:
        """One option with its argument, several in one word, or an address."""
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            self._option(name, (value if equals else next(rest, "")) if name in _VALUED else "")
        elif word.startswith("-") and len(word) > 1:
            for place, letter in enumerate(word[1:], 2):
                name = _SHORT.get(letter, letter)
                if name in _VALUED:
                    self._option(name, word[place:] or next(rest, ""))
                    break
                self._option(name, "")
        elif _AN_ADDRESS.match(word):
            self._urls.append(word)

    def exchanges(self) -> list[Exchange]:
        return [with_id(self._exchange(url if "://" in url else "http://" + url)) for url in self._urls[:_MOST_URLS]]

    def _exchange(self, url: str) -> Exchange:
        if re.match(r"\w+://[^/?#]*[${<]", url):
            raise ValueError(f"The host of `{url[:200]}` is not known.")
        query = "&".join([*self._query, *([self._body] if self._is_get and self._body else [])])
        address, mark, fragment = url.partition("#")
        url = address + (("&" if "?" in address else "?") + query if query else "") + mark + fragment
        form = "".join([*map(_part, self._form), "--boundary--\r\n"]) if self._form else ""
        return Exchange(
            id="",
            method=(self._method or ("GET" if self._is_get else self._default)).upper(),
            url=url,
            request_headers=self._all_headers(),
            request_body=b"" if self._is_get else (form or self._body).encode("utf-8", "replace"),
            request_truncated=self._is_cut,
            protocol="http" if url.startswith("http:") else "https",
        )

    def _all_headers(self) -> Headers:
        named = {name.lower() for name, _ in self._headers}
        found = list(self._headers)
        if self._user and "authorization" not in named:
            coded = base64.b64encode(self._user.encode("utf-8", "replace")).decode() if self._signs == "Basic" else "username=" + self._user.partition(":")[0]
            found.append(("Authorization", f"{self._signs} {coded}"))
        if (self._form or self._body) and not self._is_get and "content-type" not in named:
            found.append(("Content-Type", "multipart/form-data; boundary=boundary" if self._form else "application/x-www-form-urlencoded"))
        return tuple(found)

    def _option(self, name: str, value: str) -> None:
        match name:
            case "request":
                self._method = value
            case "header":
                self._header(value)
            case "data" | "data-ascii" | "data-binary":
                self._send(self._read(value))
            case "data-raw":
                self._send(value)
            case "data-urlencode":
                self._send(_urlencoded(value))
            case "json":
                self._send(self._read(value), joint="")
                self._defaults(("Content-Type", "application/json"), ("Accept", "application/json"))
            case "form" | "form-string":
                self._default = "POST"
                self._form.append(value if name == "form" else value.replace("=", "=\0", 1))
            case "url" if value:
                self._urls.append(value)
            case "url-query":
                self._query.append(_urlencoded(value))
            case "upload-file":
                self._default, self._is_cut = "PUT", True
            case "head":
                self._default = "HEAD"
            case "get":
                self._is_get = True
            case _:
                self._sign(name, value)

    def _sign(self, name: str, value: str) -> None:
        """The options that stand for a header."""
        match name:
            case "user":
                self._user = value
            case "digest" | "ntlm" | "negotiate":
                self._signs = name.title()
            case "aws-sigv4":
                self._signs = "AWS4-HMAC-SHA256"
            case "oauth2-bearer":
                self._headers.append(("Authorization", "Bearer " + value))
            case "cookie" if "=" in value:
                self._headers.append(("Cookie", value))
            case "user-agent" | "referer":
                self._headers.append((name.title(), value))
            case "range":
                self._headers.append(("Range", "bytes=" + value))
            case _:
                pass  # it changes nothing about the request

    def _read(self, value: str) -> str:
        """What `@` names: the here-document is known, a file is not."""
        if not value.startswith("@"):
            return value
        if value == "@-" and self._document is not None:
            return self._document
        self._is_cut = True
        return ""

    def _send(self, data: str, joint: str = "&") -> None:
        self._default = "POST"
        self._body = f"{self._body}{joint}{data}" if self._body else data

    def _defaults(self, *headers: tuple[str, str]) -> None:
        named = {name.lower() for name, _ in self._headers}
        self._headers += [header for header in headers if header[0].lower() not in named]

    def _header(self, line: str) -> None:
        """A later one counts where `--json` set it before; `Name;` sends it empty, `Name:` not at all."""
        name, colon, value = line.partition(":")
        if colon and value.strip():
            if name.strip().lower() in ("content-type", "accept"):
                self._headers = [one for one in self._headers if one[0].lower() != name.strip().lower()]
            self._headers.append((name.strip(), value.strip()))
        elif line.endswith(";") and not colon:
            self._headers.append((line[:-1].strip(), ""))


def _urlencoded(argument: str) -> str:
    name, equals, value = argument.partition("=")
    if not equals and "@" in name:
        return name.partition("@")[0] + "="
    return f"{name}={quote_plus(value)}" if equals and name else quote_plus(value or name)


def _part(argument: str) -> str:
    """One field of a form. What a file holds is not known."""
    name, _, value = argument.partition("=")
    value, _, kind = value.partition(";type=")
    kind = f"\r\nContent-Type: {kind.partition(';')[0]}" if kind else ""
    if value[:1] in ("@", "<"):
        file = value[1:].partition(";")[0].strip('"')
        head, value = (f'; filename="{file}"' if value[0] == "@" else ""), ""
    else:
        head, value = "", re.sub(r'^"(.*)"$', r"\1", value.removeprefix("\0"), flags=re.DOTALL)
    return f'--boundary\r\nContent-Disposition: form-data; name="{name}"{head}{kind}\r\n\r\n{value}\r\n'
