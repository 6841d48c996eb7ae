"use strict";

const BY = ["day", "hour", "month", "model", "provider", "target", "client", "group", "credential", "surface", "operation"];
const TIMED = ["day", "hour", "month"];
const SVG = "http://www.w3.org/2000/svg";

document.addEventListener("alpine:init", () =>
  Alpine.data("usage", () =>
    page({
      by: "day",
      since: "30d",
      measure: "requests",
      filter: "",
      filterBy: "client",
      told: null,
      bys: BY,
      sinces: ["today", "24h", "7d", "30d", "90d", "365d", "all"],
      measures: ["requests", "tokens", "cost", "failed"],
      filters: ["client", "model", "provider", "credential", "group"],
      begin() {
        for (const name of ["by", "since", "measure"]) this.$watch(name, () => (name === "measure" ? this.draw() : this.reload()));
      },
      async load() {
        const query = new URLSearchParams({ by: this.by, since: this.since });
        if (this.filter.trim()) query.set(this.filterBy, this.filter.trim());
        this.told = await api("GET", "/admin/usage?" + query);
        this.$nextTick(() => this.draw());
      },
      tokens(row) {
        return row.prompt === null && row.output === null ? null : (row.prompt ?? 0) + (row.output ?? 0);
      },
      value(row) {
        return (this.measure === "tokens" ? this.tokens(row) : row[this.measure]) ?? 0;
      },
      label(row) {
        return row[this.by] ?? t("usage.none");
      },
      told_of(value) {
        return this.measure === "cost" ? money(value) : compact(value);
      },
      draw() {
        const svg = document.getElementById("chart");
        if (!svg || !this.told) return;
        const rows = this.told.rows.slice(TIMED.includes(this.by) ? -90 : 0).slice(0, 90);
        const [width, height, left, bottom] = [svg.clientWidth || 800, 220, 58, 24];
        svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        svg.replaceChildren();
        const top = Math.max(...rows.map((row) => this.value(row)), this.measure === "cost" ? 0.0001 : 1);
        const draw = (name, attributes, text) => {
          const made = document.createElementNS(SVG, name);
          for (const [key, each] of Object.entries(attributes)) made.setAttribute(key, each);
          if (text !== undefined) made.textContent = text;
          svg.append(made);
          return made;
        };
        const y = (value) => 10 + (height - bottom - 10) * (1 - value / top);
        for (const share of [0, 0.5, 1]) {
          draw("line", { x1: left, x2: width, y1: y(top * share), y2: y(top * share) });
          draw("text", { x: left - 8, y: y(top * share) + 4, "text-anchor": "end" }, this.told_of(top * share));
        }
        const step = (width - left) / Math.max(rows.length, 1);
        const bar = Math.min(step * 0.72, 48);
        const every = Math.ceil(86 / Math.max(step, 1));
        rows.forEach((row, i) => {
          const value = this.value(row);
          const x = left + step * (i + 0.5);
          const made = draw("rect", { x: x - bar / 2, y: y(value), width: bar, height: Math.max(0, y(0) - y(value)), rx: 2 });
          const title = document.createElementNS(SVG, "title");
          title.textContent = `${this.label(row)}: ${this.told_of(value)}`;
          made.append(title);
          if (i % every === 0) draw("text", { x, y: height - 7, "text-anchor": "middle" }, String(this.label(row)).slice(0, 14));
        });
      },
      milli(value) {
        return value === null ? "–" : number(value) + " ms";
      },
    }),
  ),
);
