"use strict";

const OPERATOR = "", WITH_KEY = "\u0000key";
// A path at which this page asks with a client's own key.
const CHAT = { surface: "openai-chat", kind: "surface" };

document.addEventListener("alpine:init", () =>
  Alpine.data("trial", () =>
    page({
      model: new URLSearchParams(location.search).get("model") ?? "",
      names: [],
      clients: [],
      who: OPERATOR,
      key: "",
      path: null,
      withKey: WITH_KEY,
      system: "",
      text: "",
      temperature: "",
      maxTokens: "",
      stream: true,
      talk: [],
      facts: [],
      raw: "",
      stopping: null,
      async load() {
        const [aliases, clients, site] = await Promise.all([
          api("GET", "/admin/aliases?limit=500"),
          api("GET", "/admin/clients").catch(() => ({ clients: [] })),
          api("GET", "/admin/effective"),
        ]);
        this.names = aliases.aliases.map((each) => each.name).filter((name) => !/[*?[]/.test(name));
        this.clients = clients.clients.filter((each) => each.state === "active").map((each) => each.name);
        this.path = (site.endpoints ?? []).find((each) => each.kind === CHAT.kind && each.surface === CHAT.surface)?.path ?? null;
        this.model ||= this.names[0] ?? "";
      },
      async suggest() {
        if (this.model.length < 2) return;
        const told = await api("GET", "/admin/aliases?limit=50&q=" + encodeURIComponent(this.model)).catch(() => null);
        if (told) this.names = told.aliases.map((each) => each.name).filter((name) => !/[*?[]/.test(name));
      },
      address() {
        if (this.who === WITH_KEY) return [this.path, { authorization: "Bearer " + this.key }];
        return ["/admin/try" + (this.who === OPERATOR ? "" : "?client=" + encodeURIComponent(this.who)), {}];
      },
      request() {
        const said = this.talk.filter((each) => !each.failed).map(({ role, text }) => ({ role, content: text }));
        const messages = this.system.trim() ? [{ role: "system", content: this.system }, ...said] : said;
        const body = { model: this.model, messages, stream: this.stream };
        if (this.temperature !== "") body.temperature = Number(this.temperature);
        if (this.maxTokens !== "") body.max_tokens = Number(this.maxTokens);
        if (this.stream) body.stream_options = { include_usage: true };
        return body;
      },
      async send() {
        if (!this.text.trim() || this.busy) return;
        this.talk.push({ role: "user", text: this.text, thought: "" });
        this.text = "";
        const body = this.request();
        this.talk.push({ role: "assistant", text: "", thought: "", failed: false });
        const turn = this.talk.at(-1);
        this.raw = "";
        this.facts = [];
        this.busy = true;
        this.stopping = new AbortController();
        const began = performance.now();
        try {
          await this.hear(turn, body, began);
        } catch (failure) {
          turn.failed = true;
          turn.text += (turn.text ? "\n" : "") + (failure.name === "AbortError" ? t("try.stopped") : failure.message);
        } finally {
          this.busy = false;
          this.fact("try.took", millis((performance.now() - began) / 1000));
        }
      },
      async hear(turn, body, began) {
        const [path, further] = this.address();
        const answer = await fetch(path, {
          method: "POST",
          headers: { "content-type": "application/json", ...further },
          body: JSON.stringify(body),
          credentials: "same-origin",
          signal: this.stopping.signal,
        });
        this.fact("try.status", answer.status);
        for (const [key, header] of [["try.provider", "x-proxyctl-target"], ["try.attempts", "x-proxyctl-attempts"], ["try.unsupported", "x-proxyctl-unsupported"], ["try.request_id", "x-request-id"]]) {
          if (answer.headers.get(header)) this.fact(key, answer.headers.get(header));
        }
        if (!(answer.headers.get("content-type") ?? "").includes("event-stream")) {
          const text = await answer.text();
          this.raw = text;
          const data = JSON.parse(text);
          if (!answer.ok) throw new Failure(answer.status, data.error ?? {});
          const message = data.choices?.[0]?.message ?? {};
          turn.text = message.content ?? (message.tool_calls ? JSON.stringify(message.tool_calls, null, 2) : "");
          turn.thought = message.reasoning_content ?? "";
          this.count(data.usage);
          return;
        }
        let first = true;
        let done = false;
        for await (const data of events(answer.body)) {
          this.raw += "data: " + data + "\n\n";
          if (data === "[DONE]") {
            done = true;
            continue;
          }
          const chunk = JSON.parse(data);
          if (chunk.error) throw new Failure(answer.status, chunk.error);
          const delta = chunk.choices?.[0]?.delta ?? {};
          if (first && (delta.content || delta.reasoning_content || delta.tool_calls)) {
            this.fact("try.first", millis((performance.now() - began) / 1000));
            first = false;
          }
          turn.text += delta.content ?? "";
          turn.thought += delta.reasoning_content ?? "";
          for (const call of delta.tool_calls ?? []) turn.text += (call.function?.name ? call.function.name + " " : "") + (call.function?.arguments ?? "");
          this.count(chunk.usage);
        }
        if (!done) throw new Failure(answer.status, { message: t("try.broken") });
      },
      count(usage) {
        if (usage) this.fact("try.tokens", t("try.tokens_of", { input: number(usage.prompt_tokens), output: number(usage.completion_tokens) }));
      },
      fact(key, value) {
        this.facts = [...this.facts.filter((each) => each.key !== key), { key, title: t(key), value: String(value) }];
      },
      stop() {
        this.stopping?.abort();
      },
      clear() {
        this.talk = [];
        this.facts = [];
        this.raw = "";
      },
    }),
  ),
);

// The data of each event of a stream.
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const parts = held.split(/\r?\n\r?\n/);
    held = parts.pop();
    for (const part of parts) {
      const data = part.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
      if (data) yield data;
    }
  }
}
