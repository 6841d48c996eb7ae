"""What a platform may do beside answering a chat: its operations, and what the answer of each consists of.

A request is told in the hub's words and an answer as named results, so any client protocol that
has an operation reaches any platform that has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CHAT = "chat"

# What any answer may tell.
COMMON = {
    "usage": "what was used: `prompt`, `output`, `total` tokens, `units` of what is no token",
    "model": "the model that answered",
    "id": "the platform's id of the answer",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """An operation. `needed`: the result that an answer must have, a list unless it is `single` · `texts`:
    fields of a request, in the hub's words, that hold a client's own words · `plain`: fields that the surface
    acts upon by itself · `sample`: a small request · `form`: requests may be forms with files · `raw`: an
    answer that is no JSON is what was asked for · `media`: how content types begin whose bytes are an answer,
    which a dialect sees as `data: {media_type, data}` · `streams`: whether answers do, None if clients say.
    """

    name: str
    does: str
    needed: str
    gives: Mapping[str, str]
    sample: Mapping[str, Any]
    texts: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    single: bool = False
    form: bool = False
    raw: bool = False
    media: str = ""
    streams: bool | None = False

    @property
    def results(self) -> dict[str, str]:
        """Every result that a dialect may name, and what it is."""
        return {**self.gives, **COMMON}

    def words(self, body: Mapping[str, Any]) -> Iterator[str]:
        """The texts of a request; token ids count as texts of their digits."""
        for name in self.texts:
            yield from _words(body.get(name))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if value and isinstance(value[0], int):
            yield " ".join(map(str, value))
        else:
            for item in value:
                yield from _words(item)
    elif isinstance(value, dict) and isinstance(value.get("text"), str):
        yield value["text"]


FILE = {"filename": "a.bin", "media_type": "application/octet-stream", "data": "AAAA"}

OPERATIONS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "embeddings",
            "texts → vectors",
            "vectors",
            {"vectors": "a vector for each input, in order: numbers, or base64 of little-endian float32"},
            sample={"input": "Hello"},
            texts=("input",),
            plain=("encoding_format",),
        ),
        Kind(
            "rerank",
            "a query and documents → the documents in the order of their relevance",
            "results",
            {"results": "`[{index, score, document}]`, the best first"},
            sample={"query": "Hello", "documents": ["Hello", "Good night"]},
            texts=("query", "documents"),
            plain=("return_documents",),
        ),
        Kind(
            "moderation",
            "texts and pictures → what is wrong with them",
            "results",
            {"results": "`[{flagged, categories, category_scores, category_applied_input_types}]`"},
            sample={"input": "Hello"},
            texts=("input",),
        ),
        *(
            Kind(
                name,
                does,
                "images",
                {"images": "`[{url, data, media_type, revised_prompt}]`, `data` in base64"},
                sample={"prompt": "A cat"} | ({"image": FILE} if form else {}),
                texts=("prompt",),
                form=form,
                media="image/",
                streams=None,
            )
            for name, does, form in (
                ("image", "words → pictures", False),
                ("image_edit", "words and pictures → pictures", True),
                ("image_variation", "a picture → pictures like it", True),
            )
        ),
        Kind(
            "speech",
            "a text → its sound",
            "audio",
            {"audio": "sound in base64, where the platform does not send it bare", "media_type": "its type"},
            sample={"input": "Hello", "voice": "alloy"},
            texts=("input",),
            single=True,
            raw=True,
            streams=True,
        ),
        *(
            Kind(
                name,
                does,
                "text",
                {
                    "text": "what is said",
                    "language": "its language",
                    "duration": "seconds",
                    "segments": "`[{id, start, end, text}]`",
                    "words": "`[{word, start, end}]`",
                },
                sample={"file": FILE},
                texts=("prompt",),
                single=True,
                form=True,
                raw=True,
                streams=None,
            )
            for name, does in (
                ("transcription", "sound → its words"),
                ("translation", "sound → its words in English"),
            )
        ),
    )
}
