"""Walks a JSON text too large to hold: members of objects and items of arrays one at a time, in memory bounded by the largest of them.

Kind to what real files contain: invalid UTF-8 is replaced, NaN is taken, of duplicate keys the last counts, nesting too deep for
Python and items over the limit are passed over. Not a validator.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

CHUNK = 1 << 18
MAX_ITEM = 64 << 20


class CutOff(ValueError):
    """The text ended before the JSON did."""


class Malformed(ValueError):
    """The text is not JSON from here on."""


class Unfit(ValueError):
    """This one value cannot be taken (too deep or too large); the walk may go on behind it."""


class JsonStream:
    """A position in a JSON text. Its methods go forward only."""

    def __init__(self, stream: BinaryIO, chunk: int = CHUNK) -> None:
        self._stream, self._chunk = stream, chunk
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._text = ""
        self._at = 0
        self._is_over = False

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here. The caller consumes each value by `value`, `skip`, `members` or `items`."""
        self._expect("{")
        if self._took("}"):
            return
        while True:
            if self.peek() != '"':
                raise self._broken()
            key = self.value()
            self._expect(":")
            yield str(key)
            if self._took("}"):
                return
            self._expect(",")

    def items(self) -> Iterator[None]:
        """Once per item of the array that begins here. The caller consumes each."""
        self._expect("[")
        if self._took("]"):
            return
        while True:
            yield
            if self._took("]"):
                return
            self._expect(",")
            if self._took("]"):
                return

    def value(self) -> Any:
        """The value that begins here. Raises CutOff, Malformed or Unfit (which leaves the position behind the value)."""
        self.peek()
        wanted = 0
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > MAX_ITEM:
                    self.skip()
                    raise Unfit("larger than 64 MiB") from None
                wanted = max(2 * wanted, self._chunk)
                if not _is_incomplete(error) or not self._more(wanted):
                    raise self._broken() from None
                continue
            except RecursionError:
                self.skip()
                raise Unfit("nested too deeply") from None
            except ValueError:
                self.skip()
                raise Unfit("a number in it has thousands of digits") from None
            if self._text[end - 1] not in '}]"' and re.compile(_NUMBER_REST).fullmatch(self._text, end) and self._more():
                continue
            self._at = end
            return value

    def items_ahead(self, first_key: str) -> str:
        """The text of a few items from here on that are at hand and whole, as far as an object that begins with `first_key` tells where one ends.

        Empty where none does. Only a guess until the text was parsed, so the position stays; `pass_over` moves it.
        """
        if len(self._text) - self._at < self._chunk:
            self._more()
        mark = f'"{first_key}"'
        enough = self._text.find(mark, self._at + _AT_ONCE)
        end = enough + len(mark) if enough > 0 else len(self._text)
        for _ in range(_TRIES):
            end = self._text.rfind(mark, self._at, end)
            if end < 0:
                break
            if between := _BETWEEN_ITEMS.search(self._text, max(self._at, end - _WIDEST_GAP), end):
                return self._text[self._at : between.start() + 1]
        return ""

    def pass_over(self, text: str) -> None:
        """Moves behind a text that `items_ahead` gave."""
        self._at += len(text)

    def skip(self) -> None:
        """Passes over the value that begins here without building or holding it."""
        depth = 0
        while True:
            character = self.peek()
            if not character:
                raise CutOff("the file is cut off")
            if character == '"':
                self._skip_string()
            elif depth > 1 and (deeper := self._skip_run(depth)):
                depth = deeper
            elif character in "{}[],:":
                depth += (character in "{[") - (character in "}]")
                self._at += 1
            else:
                self._skip_scalar()
            if depth <= 0:
                return

    def _skip_scalar(self) -> None:
        while match := _SCALAR.match(self._text, self._at):
            self._at = match.end()
            if self._at < len(self._text) or not self._more():
                return

    def _skip_string(self) -> None:
        self._at += 1
        while True:
            match = _STRING_REST.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._text[self._at : self._at + 1] == '"':
                self._at += 1
                return
            if not self._more():
                raise CutOff("the file is cut off")

    def _skip_run(self, depth: int) -> int:
        """Up to the next string, at most as far as cannot end the value; the new depth, or 0 where nothing was passed over."""
        end = self._text.find('"', self._at, self._at + depth - 1)
        run = self._text[self._at : self._at + depth - 1 if end < 0 else end]
        self._at += len(run)
        return depth + run.count("{") + run.count("[") - run.count("}") - run.count("]") if run else 0

    def _broken(self) -> ValueError:
        text = self._text[self._at : self._at + MAX_ITEM]
        try:
            _DECODER.raw_decode(text)
        except json.JSONDecodeError as error:
            return CutOff("the file is cut off") if self._is_over and _is_incomplete(error) else Malformed(f"invalid JSON ({error.msg})")
        return Malformed("invalid JSON")

    def _took(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def _expect(self, character: str) -> None:
        if not self._took(character):
            raise CutOff("the file is cut off") if not self.peek() else Malformed(f"expected `{character}`")

    def _more(self, size: int = 0) -> bool:
        """Reads on, dropping what lies behind."""
        pieces, size = [self._text[self._at :]], max(size, self._chunk)
        while size > 0 and not self._is_over:
            chunk = self._stream.read(min(size, self._chunk))
            self._is_over = not chunk
            pieces.append(self._decode(chunk, final=self._is_over))
            size -= max(len(chunk), 1)
        self._text, self._at = "".join(pieces), 0
        return len(pieces) > 1 and any(pieces[1:])


def _is_incomplete(error: json.JSONDecodeError) -> bool:
    """Whether more text might mend it: it ended within a string, a word or a number, or between two tokens."""
    rest = error.doc[error.pos :].strip()
    return "Unterminated" in error.msg or (len(rest) < 6 and "escape" in error.msg) or bool(re.fullmatch(_UNFINISHED, rest))


_TRIES = 20
_AT_ONCE = 1 << 15
"""As much as the processor's cache holds until it is taken apart."""
_WIDEST_GAP = 200
_BETWEEN_ITEMS = re.compile(r"\}\s*,\s*\{\s*\Z")
_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[ \t\n\r\ufeff]*")
_STRING_REST = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR = re.compile(r'[^\s"{}\[\],:]++')
_UNFINISHED = r"|[-+.eE\d]{1,30}|-?I[nfity]{0,6}|Na?|t|tr|tru|f|fa|fal|fals|n|nu|nul"
_NUMBER_REST = r"[-+.eE\d]{0,30}"
"""Both are for few files: most runs need not compile them."""
