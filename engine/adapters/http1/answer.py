"""An answer as it arrives: bytes in, status, headers and pieces of the body out. No I/O.

The parser is llhttp in its strict mode, one for each answer, so that nothing of one leaks into the next.
It reads the head and chunked bodies; other bodies are only counted. What it lets pass is refused here:
transfer codings other than `chunked`, switched protocols, versions other than 1.0 and 1.1, heads and
framing without end.
"""

from __future__ import annotations

from collections.abc import Callable

from httptools import HttpParserCallbackError, HttpParserError, HttpResponseParser

from engine.adapters.http1.failures import ConnectionLost, Malformed
from engine.memo import Memo

VERSIONS = ("1.1", "1.0")
MAX_STATUS_LINE = 4096
MAX_INTERIM = 16

# A byte of body pays for so many bytes of chunk sizes: pieces of one byte are allowed, padding is not.
FRAMING_PER_BYTE = 16
BODY_WEIGHT = 1 + FRAMING_PER_BYTE

UNTIL_EOF = -1

# Of a name that is longer the lower case is not remembered.
LONGEST_NAME = 64


def lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


NAMES: Memo[bytes, str] = Memo(lower)


class Answer:
    """The answer to one call.

    `status` is 0 until the head is complete. `pieces` is what came of the body and was not taken yet.
    It is `over` when it is `complete` or has a `failure`; pieces that came before are good. A `taker` takes
    pieces when they come, and says whether it wants more.
    """

    __slots__ = (
        "_chunked",
        "_framing",
        "_interim",
        "_left",
        "_max_header_bytes",
        "_no_body",
        "_parser",
        "_size",
        "begun",
        "buffered",
        "complete",
        "failure",
        "headers",
        "over",
        "pieces",
        "reusable",
        "status",
        "taker",
    )

    def __init__(self, max_header_bytes: int, *, no_body: bool = False) -> None:
        """`no_body`: the answer to HEAD ends with its head, whatever it says of a body."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.buffered = 0
        self.begun = False
        self.over = False
        self.complete = False
        self.reusable = False
        self.failure: Exception | None = None
        self.taker: Callable[[bytes], bool] | None = None
        self._parser: HttpResponseParser | None = HttpResponseParser(self)
        self._max_header_bytes = max_header_bytes
        self._no_body = no_body
        self._size = 0
        self._framing = 0
        self._interim = 0
        self._chunked = False
        self._left = 0

    def take(self) -> bytes:
        """All pieces that are there, as one; there must be some."""
        pieces, self.pieces, self.buffered = self.pieces, [], 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def feed(self, data: bytes) -> None:
        """The next bytes of the connection; not to be called once the answer is over."""
        parser = self._parser
        if parser is None:
            self._took(data)
            return
        if not self.begun:
            self.begun = True
            if data[0] != 0x48:  # the parser would read other protocols and skip blank lines
                self.fail(Malformed("it does not begin with HTTP/"))
                return
        in_body, before = self.status, self.buffered
        try:
            parser.feed_data(data)
        except HttpParserError as exc:
            self._refused(exc)
            return
        if in_body or not self.status:
            surplus = len(data) - (self.buffered - before) * BODY_WEIGHT
            if self._framing or surplus > 0:
                self._weigh(surplus)
        else:
            self._framing = 0
            if not self._chunked:
                self._parser = None

    def eof(self) -> None:
        """The other side will send no more."""
        if self.status and not self._chunked and self._left == UNTIL_EOF:
            self._complete(reusable=False)
        else:
            self.fail(ConnectionLost())

    def fail(self, failure: Exception) -> None:
        """The answer ends here; the first failure counts."""
        if not self.over:
            self.failure, self.over = failure, True
            self._parser = None

    # The parser's calls

    def on_message_begin(self) -> None:
        if self.complete:
            self.reusable = False

    def on_header(self, raw_name: bytes, raw_value: bytes) -> None:
        if self.status:
            return  # a trailer, or an answer that nobody asked for
        self._size += len(raw_name) + len(raw_value) + 4
        if self._size > self._max_header_bytes:
            raise Malformed(f"its headers are more than {self._max_header_bytes} bytes")
        name = NAMES[raw_name] if len(raw_name) <= LONGEST_NAME else lower(raw_name)
        value = raw_value.decode("latin-1").rstrip(" \t")
        headers = self.headers
        headers[name] = f"{headers[name]}, {value}" if name in headers else value

    def on_headers_complete(self) -> None:
        parser = self._parser
        if self.status or parser is None:
            return
        status = parser.get_status_code()
        if status < 200:
            self._pass_interim(status)
            return
        if parser.get_http_version() not in VERSIONS:
            raise Malformed("its HTTP version is not known")
        coding = self.headers.get("transfer-encoding")
        length = self.headers.get("content-length")
        self.reusable = parser.should_keep_alive()
        if self._no_body or status in (204, 304):
            self._complete(reusable=self.reusable)
        elif coding is not None:
            if coding.lower() != "chunked" or length is not None:
                raise Malformed("its transfer-encoding is not chunked alone")
            self._chunked = True
        elif length is None:
            self._left = UNTIL_EOF
        elif (left := int(length)) == 0:
            self._complete(reusable=self.reusable)
        else:
            self._left = left
        self.status = status

    def on_body(self, data: bytes) -> None:
        if self._chunked and not self.complete:
            self.pieces.append(data)
            self.buffered += len(data)
        else:
            self._took(data)

    def on_message_complete(self) -> None:
        if self._chunked and not self.complete:
            self._complete(reusable=self.reusable)

    # What follows from them

    def _took(self, data: bytes) -> None:
        """Bytes of a body that is not chunked, or what follows it."""
        left = self._left
        if self.complete:
            self.reusable = False
        elif left == UNTIL_EOF:
            self._keep(data)
        elif len(data) < left:
            self._left = left - len(data)
            self._keep(data)
        else:
            self._keep(data[:left])
            self._complete(reusable=self.reusable and len(data) == left)

    def _keep(self, data: bytes) -> None:
        self.pieces.append(data)
        self.buffered += len(data)

    def _complete(self, *, reusable: bool) -> None:
        self.complete = self.over = True
        self.reusable = reusable
        self._parser = None

    def _pass_interim(self, status: int) -> None:
        self._interim += 1
        if status < 100 or status == 101:
            raise Malformed(f"it answers with status {status}")
        if self._interim > MAX_INTERIM:
            raise Malformed("it sends interim answers without end")
        self.headers.clear()

    def _weigh(self, surplus: int) -> None:
        """Neither a head nor the framing of chunks (their extensions, trailers) may go on for ever.

        `surplus`: so many more bytes than the body pays for.
        """
        self._framing = max(0, self._framing + surplus)
        if self._framing > self._max_header_bytes + MAX_STATUS_LINE:
            what = "framing of its chunks is" if self.status else "headers are"
            self.fail(Malformed(f"the {what} more than {self._max_header_bytes} bytes"))

    def _refused(self, exc: HttpParserError) -> None:
        if self.complete:  # what follows is not part of this answer, and not wanted
            self.reusable = False
        elif isinstance(exc, HttpParserCallbackError) and isinstance(exc.__context__, Malformed):
            self.fail(exc.__context__)
        else:
            self.fail(Malformed(str(exc)))
