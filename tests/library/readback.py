"""What a rendered request says, read back by hand: one plain function for each platform."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from . import responses
from .said import Said, Turn

Json = dict[str, Any]


def joined(*lists: list[Any] | None) -> list[Any]:
    return [item for items in lists for item in items or []]


# --- OpenAI ---------------------------------------------------------------------------------------------


def openai(body: Json) -> Said:
    said = Said()
    for message in body["messages"]:
        role, content = message["role"], message.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        if role in ("system", "developer"):
            said.system += [part["text"] for part in parts]
        elif role in ("tool", "function"):
            text = "".join(part["text"] for part in parts)
            said.turn("user").results.append((message.get("tool_call_id") or message.get("name"), text))
        else:
            turn = said.turn(role)
            openai_parts(turn, parts)
            for call in message.get("tool_calls") or []:
                function = call.get("function") or {
                    "name": call["custom"]["name"],
                    "arguments": call["custom"]["input"],
                }
                turn.calls.append((call["id"], function["name"], loaded(function["arguments"])))
            if message.get("function_call"):
                call = message["function_call"]
                turn.calls.append((call["name"], call["name"], loaded(call["arguments"])))
    openai_settings(said, body)
    return said


def openai_parts(turn: Turn, parts: list[Json]) -> None:
    for part in parts:
        if part["type"] == "text":
            turn.texts.append(part["text"])
        elif part["type"] == "refusal":
            turn.texts.append(part["refusal"])
        elif part["type"] == "image_url":
            turn.media.append(part["image_url"]["url"].rpartition("base64,")[2])
        elif part["type"] == "input_audio":
            turn.media.append(part["input_audio"]["data"])
        elif part["type"] == "file":
            file = part["file"]
            turn.media.append(file.get("file_id") or file["file_data"].rpartition("base64,")[2])


def openai_settings(said: Said, body: Json) -> None:
    for tool in body.get("tools") or [{"function": item} for item in body.get("functions") or []]:
        if "function" in tool:
            function = tool["function"]
            said.tools[function["name"]] = (function.get("description"), function.get("parameters"))
    choice = body.get("tool_choice", body.get("function_call"))
    if isinstance(choice, dict):
        said.choice = ("tool", (choice.get("function") or choice)["name"])
    elif choice:
        said.choice = (choice, None)
    stop = body.get("stop")
    said.settings = {
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
        "max_tokens": body.get("max_completion_tokens") or body.get("max_tokens"),
        "stop": [stop] if isinstance(stop, str) else stop,
        "seed": body.get("seed"),
        "user": body.get("user"),
        "effort": body.get("reasoning_effort"),
    }
    form = body.get("response_format") or {}
    said.json = form.get("type") == "json_object"
    said.schema = (form.get("json_schema") or {}).get("schema")


def loaded(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text


# --- Mistral ----------------------------------------------------------------------------------------------


def mistral(body: Json) -> Said:
    """OpenAI's, but for documents and the name of the seed."""
    said = openai({**body, "seed": body.get("random_seed")})
    parts = joined(*[m["content"] for m in body["messages"] if isinstance(m.get("content"), list)])
    documents = [part["document_url"].rpartition("base64,")[2] for part in parts if "document_url" in part]
    if documents:
        said.turns[-1].media += documents
    return said


# --- Anthropic ------------------------------------------------------------------------------------------

ANTHROPIC_CHOICE = {"auto": "auto", "none": "none", "any": "required", "tool": "tool"}


def anthropic(body: Json) -> Said:
    said = Said(system=[block["text"] for block in body.get("system") or []])
    for message in body["messages"]:
        turn = said.turn(message["role"])
        for block in message["content"]:
            kind = block["type"]
            if kind == "text":
                turn.texts.append(block["text"])
            elif kind in ("image", "document"):
                turn.media.append(anthropic_source(block["source"]))
            elif kind == "tool_use":
                turn.calls.append((block["id"], block["name"], block["input"]))
            elif kind == "tool_result":
                text = "".join(item["text"] for item in block.get("content") or [] if item["type"] == "text")
                turn.results.append((block["tool_use_id"], text))
    for tool in body.get("tools") or []:
        said.tools[tool["name"]] = (tool.get("description"), tool["input_schema"])
    choice = body.get("tool_choice")
    if choice:
        said.choice = (ANTHROPIC_CHOICE[choice["type"]], choice.get("name"))
    said.settings = {
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
        "max_tokens": body["max_tokens"],
        "stop": body.get("stop_sequences"),
        "user": (body.get("metadata") or {}).get("user_id"),
        "budget": (body.get("thinking") or {}).get("budget_tokens"),
    }
    said.schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    return said


def anthropic_source(source: Json) -> str:
    return str(source.get("data") or source.get("url") or source.get("file_id"))


# --- Gemini ---------------------------------------------------------------------------------------------

GEMINI_ROLE = {"user": "user", "model": "assistant"}
GEMINI_CHOICE = {"AUTO": "auto", "NONE": "none", "ANY": "required"}


def gemini(body: Json) -> Said:
    said = Said(system=[part["text"] for part in (body.get("systemInstruction") or {}).get("parts", [])])
    for content in body["contents"]:
        turn = said.turn(GEMINI_ROLE[content["role"]])
        for part in content["parts"]:
            if "functionCall" in part:
                turn.calls.append((None, part["functionCall"]["name"], part["functionCall"]["args"]))
            elif "functionResponse" in part:
                answer = part["functionResponse"]
                turn.results.append((answer["name"], answer["response"]))
            elif "inlineData" in part:
                turn.media.append(part["inlineData"]["data"])
            elif "fileData" in part:
                turn.media.append(part["fileData"]["fileUri"])
            else:
                turn.texts.append(part["text"])
    for tool in joined(*[item["functionDeclarations"] for item in body.get("tools") or []]):
        said.tools[tool["name"]] = (
            tool.get("description"),
            tool.get("parametersJsonSchema", tool.get("parameters")),
        )
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig")
    if calling:
        allowed = calling.get("allowedFunctionNames")
        said.choice = ("tool", allowed[0]) if allowed else (GEMINI_CHOICE[calling["mode"]], None)
    config = body.get("generationConfig") or {}
    said.settings = {
        "temperature": config.get("temperature"),
        "top_p": config.get("topP"),
        "max_tokens": config.get("maxOutputTokens"),
        "stop": config.get("stopSequences"),
        "seed": config.get("seed"),
        "budget": (config.get("thinkingConfig") or {}).get("thinkingBudget"),
    }
    said.schema = config.get("responseJsonSchema")
    said.json = config.get("responseMimeType") == "application/json" and said.schema is None
    return said


# --- Ollama ---------------------------------------------------------------------------------------------


def ollama(body: Json) -> Said:
    said = Said()
    for message in body["messages"]:
        if message["role"] == "system":
            said.system.append(message["content"])
            continue
        if message["role"] == "tool":
            said.turn("user").results.append((message.get("tool_call_id"), message["content"]))
            continue
        turn = said.turn(message["role"])
        turn.texts += [message["content"]] if message["content"] else []
        turn.media += message.get("images", [])
        for call in message.get("tool_calls", []):
            turn.calls.append((call.get("id"), call["function"]["name"], call["function"]["arguments"]))
    for tool in body.get("tools") or []:
        function = tool["function"]
        said.tools[function["name"]] = (function.get("description"), function.get("parameters"))
    options = body.get("options") or {}
    said.settings = {
        "temperature": options.get("temperature"),
        "top_p": options.get("top_p"),
        "max_tokens": options.get("num_predict"),
        "stop": options.get("stop"),
        "seed": options.get("seed"),
        "think": body.get("think"),
    }
    said.schema = body.get("format") if isinstance(body.get("format"), dict) else None
    said.json = body.get("format") == "json"
    return said


# --- Coze -----------------------------------------------------------------------------------------------


def coze(body: Json) -> Said:
    """Everything is a message with a type; what the client's system said comes first, as a user's message."""
    said = Said(settings={"user": body["user_id"]})
    for message in body["additional_messages"]:
        kind, content = message["type"], message["content"]
        if kind == "function_call":
            call = json.loads(content)
            said.turn("assistant").calls.append((None, call["name"], call["arguments"]))
        elif kind == "tool_response":
            said.turn("user").results.append((None, content))
        elif message["content_type"] == "text":
            said.turn(message["role"]).texts.append(content)
        else:
            turn = said.turn(message["role"])
            for part in json.loads(content):
                (turn.texts if part["type"] == "text" else turn.media).append(
                    part.get("text") or part["file_url"]
                )
    return said


# --- Perplexity -----------------------------------------------------------------------------------------


def perplexity(body: Json) -> Said:
    """OpenAI's, but for files."""
    for message in body["messages"]:
        if isinstance(message["content"], list):
            for part in message["content"]:
                if part["type"] == "file_url":
                    part |= {"type": "file", "file": {"file_data": part["file_url"]["url"]}}
    return openai(body)


# --- Cohere ---------------------------------------------------------------------------------------------


def cohere(body: Json) -> Said:
    """OpenAI's messages, but for the plan before calls; settings under names of its own."""
    messages = [
        {**message, "content": message.get("content", message.get("tool_plan"))}
        for message in body["messages"]
    ]
    said = openai({"messages": messages, "tools": body.get("tools")})
    choice = body.get("tool_choice")
    said.choice = (choice.lower(), None) if choice else None
    said.settings = {
        "temperature": body.get("temperature"),
        "top_p": body.get("p"),
        "max_tokens": body.get("max_tokens"),
        "stop": body.get("stop_sequences"),
        "seed": body.get("seed"),
        "budget": (body.get("thinking") or {}).get("token_budget"),
    }
    form = body.get("response_format") or {}
    said.schema = form.get("json_schema")
    said.json = bool(form) and said.schema is None
    return said


# --- Bedrock --------------------------------------------------------------------------------------------


def bedrock(body: Json) -> Said:
    said = Said(system=[block["text"] for block in body.get("system") or []])
    for message in body["messages"]:
        turn = said.turn(message["role"])
        for block in message["content"]:
            ((kind, inner),) = block.items()
            if kind == "text":
                turn.texts.append(inner)
            elif kind == "toolUse":
                turn.calls.append((inner["toolUseId"], inner["name"], inner["input"]))
            elif kind == "toolResult":
                text = "".join(item.get("text", "") for item in inner["content"])
                turn.results.append((inner["toolUseId"], text))
            else:
                turn.media.append(inner["source"]["bytes"])
    config = body.get("toolConfig") or {}
    for tool in joined(config.get("tools")):
        spec = tool["toolSpec"]
        said.tools[spec["name"]] = (spec.get("description"), spec["inputSchema"]["json"])
    for kind, inner in (config.get("toolChoice") or {}).items():
        said.choice = (ANTHROPIC_CHOICE[kind], inner.get("name"))
    settings, more = body.get("inferenceConfig") or {}, body.get("additionalModelRequestFields") or {}
    said.settings = {
        "temperature": settings.get("temperature"),
        "top_p": settings.get("topP"),
        "max_tokens": settings.get("maxTokens"),
        "stop": settings.get("stopSequences"),
        "budget": (more.get("thinking") or {}).get("budget_tokens"),
    }
    form = ((body.get("outputConfig") or {}).get("textFormat") or {}).get("structure")
    said.schema = json.loads(form["jsonSchema"]["schema"]) if form else None
    return said


READERS: dict[str, Callable[[Json], Said]] = {
    "openai": openai,
    "azure-openai": openai,
    "codebuddy": openai,
    "anthropic": anthropic,
    "gemini": gemini,
    "vertex": gemini,
    "bedrock": bedrock,
    "bedrock-invoke": anthropic,
    "ollama": ollama,
    "coze": coze,
    "openai-compatible": openai,
    "mistral": mistral,
    "deepseek": openai,
    "groq": openai,
    "openrouter": openai,
    "xai": openai,
    "together": openai,
    "cerebras": openai,
    "cohere": cohere,
    "perplexity": perplexity,
    "moonshot": openai,
    "zhipu": openai,
    "dashscope-openai": openai,
    "dashscope": lambda body: openai({**body["parameters"], **body["input"]}),
    "ark": openai,
    "qianfan": openai,
    "vllm": openai,
    "llamacpp": openai,
    "lmstudio": openai,
    "huggingface": openai,
    "cloudflare": openai,
    "openai-responses": responses.asked,
}
