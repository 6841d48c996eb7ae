// What all pages have in common: texts, the admin API, notices, figures and times for people.
"use strict";

const TEXTS = JSON.parse(document.getElementById("texts").textContent);
const LANG = document.documentElement.lang;

function t(key, values = {}) {
  return (TEXTS[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// The text of a word of the API, such as a state; the word itself where there is none.
function word(kind, name) {
  return TEXTS[kind + "." + name] ?? name ?? "";
}

class Failure extends Error {
  constructor(status, error) {
    super(error.message ?? t("js.failed", { status }));
    this.status = status;
    this.code = error.code ?? "";
  }
}

// The JSON that the admin API answers with. Throws Failure.
async function api(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Failure(0, { message: t("js.unreachable") });
  }
  const text = await answer.text();
  let data = {};
  try {
    data = text ? JSON.parse(text) : {};
  } catch {
    data = { error: { message: text.slice(0, 300) } };
  }
  if (answer.status === 401) location.assign("/admin/ui/login?next=" + encodeURIComponent(location.pathname));
  if (!answer.ok) throw new Failure(answer.status, data.error ?? {});
  return data;
}

const at = (...names) => names.map(encodeURIComponent).join("/");

// Figures

const whole = new Intl.NumberFormat(LANG, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(LANG, { maximumFractionDigits: 1, notation: "compact" });
const exact = new Intl.NumberFormat(LANG, { maximumFractionDigits: 2 });

const number = (value) => (value === null || value === undefined ? "–" : whole.format(value));
const compact = (value) =>
  value === null || value === undefined ? "–" : Math.abs(value) < 10000 ? exact.format(value) : short.format(value);
const money = (value) => (value === null || value === undefined ? "–" : "$" + (value ? value.toFixed(value < 1 ? 4 : 2) : "0"));
const bytes = (value) => whole.format(value / 2 ** 20) + " MiB";
const millis = (seconds) => (seconds === null || seconds === undefined ? "–" : whole.format(seconds * 1000) + " ms");

function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const parts = [["d", Math.floor(s / 86400)], ["h", Math.floor(s / 3600) % 24], ["m", Math.floor(s / 60) % 60], ["s", s % 60]];
  const first = parts.findIndex(([, count]) => count > 0);
  if (first < 0) return "0" + t("js.unit_s");
  return parts.slice(first, first + 2).filter(([, count]) => count > 0).map(([unit, count]) => count + t("js.unit_" + unit)).join(" ");
}

const ago = (seconds) => (seconds ? t("js.ago", { span: span(Date.now() / 1000 - seconds) }) : "–");
const time = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleString(LANG) : "–");
const until = (seconds) =>
  !seconds ? "–" : seconds * 1000 > Date.now() ? t("js.in", { span: span(seconds - Date.now() / 1000) }) : ago(seconds);

// Notices and questions

const listeners = { toast: [], question: [] };

function toast(text, kind = "") {
  for (const listen of listeners.toast) listen(text, kind);
}

function sure(text) {
  return new Promise((resolve) => listeners.question.forEach((listen) => listen(text, resolve)));
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("js.copied"));
  } catch {
    toast(t("js.copy_failed"), "bad");
  }
}

// A page's own parts, with what every page needs: `load` is called at first and by `reload`.
function page(own) {
  return Object.defineProperties(
    {
      error: "",
      busy: false,
      loaded: false,
      init() {
        this.reload();
        this.begin?.();
      },
      async reload() {
        await this.attempt(() => this.load());
        this.loaded = true;
      },
      // Whether it worked; what went wrong is shown above the page.
      async attempt(work) {
        this.busy = true;
        try {
          await work();
          this.error = "";
          return true;
        } catch (failure) {
          this.error = failure.message;
          return false;
        } finally {
          this.busy = false;
        }
      },
      // The same for a button: what went wrong is told in passing.
      async act(work, done) {
        this.busy = true;
        try {
          await work();
          if (done) toast(done);
          return true;
        } catch (failure) {
          toast(failure.message, "bad");
          return false;
        } finally {
          this.busy = false;
        }
      },
      open(name) {
        document.getElementById(name).showModal();
      },
      close(name) {
        document.getElementById(name).close();
      },
    },
    Object.getOwnPropertyDescriptors(own),
  );
}

// A part of a long list that the server cuts: `size` rows from `offset`, of those whose name has `q`.
function parted(size, own) {
  return page({
    ...own,
    q: new URLSearchParams(location.search).get("q") ?? "",
    offset: 0,
    total: 0,
    size,
    query() {
      return "?" + new URLSearchParams({ q: this.q, offset: this.offset, limit: this.size });
    },
    search() {
      this.offset = 0;
      this.reload();
    },
    turn(pages) {
      this.offset = Math.max(0, this.offset + pages * this.size);
      this.reload();
    },
    range() {
      const last = Math.min(this.offset + this.size, this.total);
      return t("js.range", { first: number(Math.min(this.offset + 1, last)), last: number(last), total: number(this.total) });
    },
    last() {
      return this.offset + this.size >= this.total;
    },
  });
}

// A list that is here as a whole: `all` rows, shown by parts of `size`; `matches(row)` says which.
function shown(own) {
  return {
    q: "",
    offset: 0,
    size: 50,
    get found() {
      const wanted = this.q.toLowerCase();
      return this.all.filter((row) => this.matches(row, wanted));
    },
    get rows() {
      return this.found.slice(this.offset, this.offset + this.size);
    },
    get total() {
      return this.found.length;
    },
    search() {
      this.offset = 0;
    },
    turn(pages) {
      this.offset = Math.max(0, this.offset + pages * this.size);
    },
    range() {
      const last = Math.min(this.offset + this.size, this.total);
      return t("js.range", { first: number(Math.min(this.offset + 1, last)), last: number(last), total: number(this.total) });
    },
    last() {
      return this.offset + this.size >= this.total;
    },
    ...own,
  };
}

document.addEventListener("alpine:init", () => {
  const words = { t, word, number, compact, money, bytes, millis, span, ago, time, until };
  for (const [name, give] of Object.entries(words)) Alpine.magic(name, () => give);

  Alpine.data("toasts", () => ({
    list: [],
    init() {
      listeners.toast.push((text, kind) => {
        const id = Math.random();
        this.list.push({ id, text, kind });
        // Shown anew it lies above a dialog that was opened meanwhile.
        if (this.$root.matches(":popover-open")) this.$root.hidePopover();
        this.$root.showPopover();
        setTimeout(() => (this.list = this.list.filter((each) => each.id !== id)), kind === "bad" ? 9000 : 4000);
      });
    },
  }));

  Alpine.data("question", () => ({
    text: "",
    resolve: null,
    init() {
      listeners.question.push((text, resolve) => {
        this.text = text;
        this.resolve = resolve;
        this.$root.showModal();
      });
    },
    // Escape closes it, too. The event comes late: the next question may stand there already.
    closed() {
      if (!this.$root.open) this.answer(false);
    },
    answer(yes) {
      this.resolve?.(yes);
      this.resolve = null;
      if (this.$root.open) this.$root.close();
    },
  }));
});
