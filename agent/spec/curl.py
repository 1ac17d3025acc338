"""Reads curl commands as browsers copy them and people paste them: each becomes an exchange without an answer.

POSIX quoting, `$'…'`, line continuations and the Windows form with `^` are understood. Nothing is run and no `@file` is read.
"""

import base64
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO
from urllib.parse import quote_plus

from agent.spec.model import Exchange, Headers
from agent.spec.reading import Reading, Skips, Unreadable, opened, whole, with_id

MAX_TEXT = 8 << 20


def read(data: bytes | BinaryIO) -> Reading:
    """The requests in a text of curl commands. Raises Unreadable, at the latest with the first, where there is none."""
    return Reading(lambda skips: _read(whole(opened(data), MAX_TEXT).decode("utf-8", "replace"), skips))


def parse(command: str) -> Exchange:
    """One command. Raises ValueError with a sentence where it is not one that sends a request."""
    words = _split(command)
    if not words or not re.fullmatch(r"(?:.*[\\/])?curl(?:\.exe)?", words[0]):
        raise ValueError("The command does not begin with `curl`.")
    parts = _Parts(words[1:])
    if not parts.urls:
        raise ValueError("The command names no URL.")
    return with_id(parts.exchange())


def _read(text: str, skips: Skips) -> Iterator[Exchange]:
    found = 0
    for number, command in enumerate(_commands(text), 1):
        try:
            exchange = parse(command)
        except ValueError as error:
            skips.add(f"Command {number} was left out: {error}")
            continue
        found += 1
        yield exchange
    if not found:
        raise Unreadable("There is no curl command with a URL in this text.")


def _commands(text: str) -> list[str]:
    starts = [match.start(1) for match in re.finditer(r"(?m)(?:^|[;&|]\s)[ \t$>]*(curl(?:\.exe)?\s)", text)]
    return [text[start:end].rstrip(" \t\r\n;&|$>") for start, end in pairwise([*starts, len(text)])]


def _split(command: str) -> list[str]:
    """Words as a shell would make them."""
    if re.search(r"\^[\r\n]|\^\"", command):
        command = re.sub(r"\^(\r?\n|.)", lambda match: "" if match[1].strip() == "" else match[1], command)
    command = re.sub(r"\\\r?\n", " ", command)
    command = re.sub(r"\$'((?:[^'\\]|\\.)*)'", lambda match: shlex.quote(_unescape(match[1])), command, flags=re.DOTALL)
    try:
        return shlex.split(command)
    except ValueError:
        raise ValueError("A quotation mark is not closed.") from None


def _unescape(text: str) -> str:
    simple = {"n": "\n", "t": "\t", "r": "\r", "'": "'", '"': '"', "\\": "\\", "0": "\0"}
    pattern = r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)"
    return re.sub(pattern, lambda match: chr(int(match[1][1:], 16)) if len(match[1]) > 1 else simple.get(match[1], match[0]), text, flags=re.DOTALL)


_OPTIONS = """
    --aws-sigv4 --cacert --cert --ciphers --config --connect-timeout --cookie-jar --dump-header --interface --key --limit-rate --max-redirs --max-time
    --output --proxy --proxy-user --range --referer --resolve --retry --retry-delay --time-cond --unix-socket --upload-file --user-agent --write-out
    -A -D -E -K -T -U -c -e -m -o -r -w -x -z
"""
"""Options whose argument says nothing about the request."""
_VALUED = frozenset(_OPTIONS.split())
_JOINED = re.compile(r"-([XHdFubAe])(.+)", re.DOTALL)


class _Parts:
    """What the options of one command add up to."""

    def __init__(self, words: list[str]) -> None:
        self.urls: list[str] = []
        self.headers: list[tuple[str, str]] = []
        self.data: list[str] = []
        self.form: list[str] = []
        self.method, self.is_get, self.is_head = "", False, False
        rest = iter(words)
        for word in rest:
            self._take(word, rest)

    def exchange(self) -> Exchange:
        url = self.urls[0] if "://" in self.urls[0] else "http://" + self.urls[0]
        body, headers = self._body(), list(self.headers)
        if self.is_get and body:
            url, body = url + ("&" if "?" in url else "?") + body.decode(), b""
        elif body and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "multipart/form-data; boundary=boundary" if self.form else "application/x-www-form-urlencoded"))
        method = self.method or ("HEAD" if self.is_head else "POST" if body else "GET")
        return Exchange(
            id="", method=method.upper(), url=url, request_headers=Headers(headers), request_body=body, protocol="http" if url.startswith("http:") else "https"
        )

    def _take(self, word: str, rest: Iterator[str]) -> None:
        name, joined = word, None
        if word.startswith("--") and "=" in word:
            name, _, joined = word.partition("=")
        elif match := _JOINED.fullmatch(word):
            name, joined = "-" + match[1], match[2]
        match name:
            case "-X" | "--request":
                self.method = self._argument(joined, rest)
            case "-H" | "--header":
                self._header(self._argument(joined, rest))
            case "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii":
                self.data.append(self._argument(joined, rest))
            case "--json":
                self.data.append(self._argument(joined, rest))
                self.headers += [("Content-Type", "application/json"), ("Accept", "application/json")]
            case "--data-urlencode":
                self.data.append(_urlencoded(self._argument(joined, rest)))
            case "-F" | "--form" | "--form-string":
                self.form.append(self._argument(joined, rest))
            case "-u" | "--user":
                self.headers.append(("Authorization", "Basic " + base64.b64encode(self._argument(joined, rest).encode()).decode()))
            case "-b" | "--cookie":
                self.headers.append(("Cookie", self._argument(joined, rest)))
            case "-A" | "--user-agent":
                self.headers.append(("User-Agent", self._argument(joined, rest)))
            case "--oauth2-bearer":
                self.headers.append(("Authorization", "Bearer " + self._argument(joined, rest)))
            case "--url":
                self.urls.append(self._argument(joined, rest))
            case "-G" | "--get":
                self.is_get = True
            case "-I" | "--head":
                self.is_head = True
            case _ if name in _VALUED:
                self._argument(joined, rest)
            case _ if not word.startswith("-"):
                self.urls.append(word)
            case _:
                pass  # a switch that changes nothing about the request

    def _argument(self, joined: str | None, rest: Iterator[str]) -> str:
        return joined if joined is not None else next(rest, "")

    def _header(self, line: str) -> None:
        name, colon, value = line.partition(":")
        if colon and value.strip():
            self.headers.append((name.strip(), value.strip()))

    def _body(self) -> bytes:
        if self.form:
            return "".join([*map(_part, self.form), "--boundary--\r\n"]).encode()
        return "&".join(self.data).encode()


def _urlencoded(argument: str) -> str:
    name, equals, value = argument.partition("=")
    return f"{name}={quote_plus(value)}" if equals and name else quote_plus(value or name)


def _part(argument: str) -> str:
    name, _, value = argument.partition("=")
    file_name = f'; filename="{value[1:].partition(";")[0]}"' if value.startswith("@") else ""
    return f'--boundary\r\nContent-Disposition: form-data; name="{name}"{file_name}\r\n\r\n{"" if file_name else value}\r\n'
