"use strict";

document.addEventListener("alpine:init", () =>
  Alpine.data("configuration", () =>
    page({
      config: null,
      effective: null,
      q: "",
      async load() {
        [this.config, this.effective] = await Promise.all([api("GET", "/admin/config"), api("GET", "/admin/effective")]);
      },
      files() {
        const wanted = this.q.toLowerCase();
        return Object.entries(this.config.files)
          .map(([name, file]) => ({ name, ...file }))
          .filter((file) => file.name.toLowerCase().includes(wanted))
          .sort((a, b) => (b.state === "rejected") - (a.state === "rejected") || b.diagnostics.length - a.diagnostics.length || a.name.localeCompare(b.name));
      },
      kind(file) {
        return file.state === "active" ? "good" : "bad";
      },
      place(item) {
        return `${item.file}:${item.line}:${item.column}`;
      },
      agreed() {
        return this.config.workers.every((worker) => worker.generation === this.config.generation);
      },
      parts() {
        const { generation, notices, ...rest } = this.effective;
        return Object.entries(rest).map(([name, data]) => ({ name, text: JSON.stringify(data, null, 2) }));
      },
      notices() {
        return this.effective?.notices ?? [];
      },
      async again() {
        await this.act(async () => {
          const told = await api("POST", "/admin/reload");
          toast(word("reload", told.result), told.result === "accepted" || told.result === "unchanged" ? "" : "bad");
        });
        await this.reload();
      },
    }),
  ),
);
