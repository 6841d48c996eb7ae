"use strict";

const PLACE = (row) => "/admin/credentials/" + at(row.pool, row.id);

document.addEventListener("alpine:init", () =>
  Alpine.data("credentials", () =>
    page(
      shown({
        all: [],
        pools: [],
        steered: [],
        wanted: "",
        providers: [],
        pool: "",
        state: "",
        tested: {},
        fresh: { pool: "", id: "", key: "", more: "", weight: 1, models: "", expires: "", replace: false },
        login: { provider: "", pool: "", id: "" },
        flow: null,
        chat: null,
        states: ["ready", "cooling", "disabled", "expired", "unreadable", "unused"],
        async load() {
          const [told, steered, site] = await Promise.all(["/admin/credentials", "/admin/pools", "/admin/effective"].map((path) => api("GET", path)));
          this.all = told.credentials;
          this.steered = steered.pools;
          this.pools = Object.keys(site.pools ?? {}).sort();
          this.providers = Object.entries(site.providers ?? {}).filter(([, each]) => each.login && !each.off).map(([name]) => name);
        },
        matches(row, wanted) {
          if (this.pool && row.pool !== this.pool) return false;
          if (this.state && row.state !== this.state) return false;
          return [row.id, row.pool, row.provider, row.key].some((text) => (text ?? "").toLowerCase().includes(wanted));
        },
        name(row) {
          return row.pool + "/" + row.id;
        },
        kind(row) {
          return { ready: "good", cooling: "warn", disabled: "bad", expired: "bad", unreadable: "bad", unused: "" }[row.state];
        },
        why(row) {
          return [row.why, row.until ? until(row.until) : "", row.problem].filter(Boolean).join(" · ");
        },
        result(row) {
          return this.tested[this.name(row)];
        },
        resultText(row) {
          const result = this.result(row);
          if (!result) return "";
          if (result.works && result.text) return result.model + ": " + result.text;
          return result.works ? t("credentials.works", { provider: result.provider }) : result.error.class + ": " + result.error.message;
        },

        // Who is next

        steering() {
          const wanted = this.wanted.toLowerCase();
          return this.steered.filter((each) => each.size > 0 && each.pool.toLowerCase().includes(wanted)).slice(0, 100);
        },
        isSelected(row) {
          return this.steered.some((each) => each.pool === row.pool && each.selected === row.id);
        },
        isCurrent(row) {
          return this.steered.some((each) => each.pool === row.pool && each.current.id === row.id);
        },
        currentOf(each) {
          const { rule, id, uses } = each.current;
          return [id ?? "–", word("rule", rule), uses === null ? "" : t("credentials.turn_uses", { uses })].filter(Boolean).join(" · ");
        },
        async steer(path, body, done) {
          if (await this.act(() => api("POST", path, body), done)) await this.reload();
        },
        select(row) {
          return this.steer(PLACE(row) + "/select", {}, t("credentials.selected", { name: this.name(row) }));
        },
        automatic(each) {
          return this.steer("/admin/pools/" + at(each.pool) + "/auto", {}, t("credentials.automatic_done", { pool: each.pool }));
        },
        rotation(each) {
          return this.steer("/admin/pools/" + at(each.pool) + "/rotation", { on: !each.rotation }, word("rotation", each.rotation ? "off" : "on"));
        },
        every(each, event) {
          const text = event.target.value.trim();
          const done = t("credentials.every_done", { pool: each.pool });
          return this.steer("/admin/pools/" + at(each.pool) + "/rotation", { every: text === "" ? null : Number(text) }, done);
        },

        // What is done to one

        async test(row) {
          await this.act(async () => {
            const result = await api("POST", PLACE(row) + "/test", {});
            this.tested = { ...this.tested, [this.name(row)]: result };
          });
        },
        async disable(row) {
          const done = t("credentials.disabled", { name: this.name(row) });
          if (await this.act(() => api("POST", PLACE(row) + "/disable", {}), done)) await this.reload();
        },
        async enable(row) {
          const done = t("credentials.enabled", { name: this.name(row) });
          if (await this.act(() => api("POST", PLACE(row) + "/enable", {}), done)) await this.reload();
        },
        async remove(row) {
          if (!(await sure(t("credentials.sure_delete", { name: this.name(row) })))) return;
          const done = t("credentials.deleted", { name: this.name(row) });
          if (await this.act(() => api("DELETE", PLACE(row)), done)) await this.reload();
        },

        // A chat with one

        askChat(row) {
          this.chat = { row, model: "", message: t("credentials.chat_message"), result: null };
          this.open("chat");
        },
        async converse() {
          const { row, model, message } = this.chat;
          await this.act(async () => {
            const body = { operation: "chat", ...(model && { model }), ...(message && { message }) };
            const result = await api("POST", PLACE(row) + "/test", body);
            this.chat = { ...this.chat, result };
          });
        },
        chatText() {
          const result = this.chat?.result;
          return result ? (result.works ? result.text : result.error.class + ": " + result.error.message) : "";
        },

        // A new one

        ask() {
          this.fresh = { pool: this.pool || this.pools[0] || "", id: "", key: "", more: "", weight: 1, models: "", expires: "", replace: false };
          this.open("add");
        },
        async add() {
          const fresh = this.fresh;
          await this.act(async () => {
            const further = fresh.more.trim() ? parsed(fresh.more) : {};
            const given = { ...further, pool: fresh.pool, ...(fresh.id && { id: fresh.id }), weight: Number(fresh.weight), replace: fresh.replace };
            if (fresh.key) given.key = fresh.key;
            if (fresh.models.trim()) given.models = fresh.models.split(/[\s,]+/).filter(Boolean);
            if (fresh.expires) given.expires = new Date(fresh.expires).toISOString();
            const made = await api("POST", "/admin/credentials", given);
            toast(t("credentials.added", { name: made.pool + "/" + made.id }));
            this.close("add");
            await this.reload();
          });
        },

        // A login

        askLogin() {
          this.flow = null;
          this.login = { provider: this.providers[0] ?? "", pool: "", id: "" };
          this.open("login");
        },
        async start() {
          const { provider, pool, id } = this.login;
          await this.act(async () => {
            const body = { ...(pool && { pool }), ...(id && { id }) };
            const started = await api("POST", "/admin/login/" + at(provider), body);
            this.flow = { ...started, provider, state: "pending", error: null };
            this.follow(this.flow.login, started.every);
          });
        },
        follow(name, seconds) {
          setTimeout(() => this.poll(name), Math.max(0.3, seconds || 1) * 1000);
        },
        async poll(name) {
          const flow = this.flow;
          if (flow?.login !== name || flow.state !== "pending") return;
          try {
            const told = await api("POST", "/admin/login/" + at(flow.provider, name), {});
            this.flow = { ...flow, ...told };
          } catch (failure) {
            this.flow = { ...flow, state: failure.status === 404 ? "gone" : "pending", error: failure };
          }
          if (this.flow.state === "pending") this.follow(name, this.flow.every);
          if (this.flow.state === "granted") {
            toast(t("credentials.granted", { name: this.flow.pool + "/" + this.flow.id }));
            await this.reload();
          }
        },
        stop() {
          this.flow = null;
        },
        flowKind() {
          return { pending: "warn", granted: "good", denied: "bad", gone: "bad" }[this.flow.state];
        },
        copyCode() {
          copy(this.flow.code);
        },
      }),
    ),
  ),
);

// The object of a text of JSON. Throws an error in the reader's language.
function parsed(text) {
  try {
    const found = JSON.parse(text);
    if (found && typeof found === "object" && !Array.isArray(found)) return found;
  } catch {
    // told below
  }
  throw new Error(t("credentials.no_json"));
}
