"use strict";

document.addEventListener("alpine:init", () =>
  Alpine.data("audit", () =>
    page(
      shown({
        all: [],
        size: 100,
        async load() {
          const told = await api("GET", "/admin/audit?limit=1000");
          this.all = told.changes.map((change, i) => ({ ...change, i }));
        },
        matches(row, wanted) {
          return [row.who, row.what, row.target].some((text) => text.toLowerCase().includes(wanted));
        },
      }),
    ),
  ),
);
