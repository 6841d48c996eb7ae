"use strict";

const LOOK_EVERY = 3000;
const SAMPLES = 60;

document.addEventListener("alpine:init", () =>
  Alpine.data("overview", () =>
    page({
      o: null,
      rates: [],
      before: null,
      begin() {
        setInterval(() => document.hidden || this.reload(), LOOK_EVERY);
      },
      async load() {
        const o = await api("GET", "/admin/overview");
        const moment = performance.now();
        if (this.before) {
          const rate = Math.max(0, o.requests - this.before.requests) / ((moment - this.before.moment) / 1000);
          this.rates = [...this.rates, rate].slice(-SAMPLES);
        }
        this.before = { requests: o.requests, moment };
        this.o = o;
      },
      uptime() {
        return this.o.started ? span(this.o.now - this.o.started) : "–";
      },
      rate() {
        return this.rates.length ? compact(this.rates.at(-1)) : "–";
      },
      spark() {
        const top = Math.max(1, ...this.rates);
        return this.rates.map((rate, i) => `${i ? "L" : "M"}${i} ${(30 - (rate / top) * 28).toFixed(1)}`).join("");
      },
      sparkBox() {
        return `0 0 ${Math.max(1, this.rates.length - 1)} 32`;
      },
      failed() {
        return Object.entries(this.o.statuses).reduce((sum, [name, count]) => sum + (name === "5xx" ? count : 0), 0);
      },
      failedShare() {
        return this.o.requests ? exact.format((100 * this.failed()) / this.o.requests) + " %" : "–";
      },
      sorted(counts) {
        return Object.entries(counts).sort((a, b) => b[1] - a[1]);
      },
      storageKind() {
        return { well: "good", away: "bad", off: "" }[this.o.storage.state];
      },
      offList() {
        return Object.entries(this.o.off);
      },
    }),
  ),
);
