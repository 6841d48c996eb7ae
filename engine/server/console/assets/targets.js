"use strict";

document.addEventListener("alpine:init", () =>
  Alpine.data("targets", () =>
    parted(50, {
      targets: [],
      providers: [],
      wanted: "",
      begin() {
        setInterval(() => document.hidden || this.busy || this.reload(), 5000);
      },
      async load() {
        const told = await api("GET", "/admin/targets" + this.query());
        this.targets = Object.entries(told.targets).map(([label, each]) => ({ label, ...each }));
        this.providers = Object.entries(told.providers).map(([name, each]) => ({ name, ...each, rests: Object.entries(each.resting) }));
        this.total = told.total;
      },
      kind(target) {
        return { closed: "good", open: "bad", half_open: "warn" }[target.breaker];
      },
      wellness(provider) {
        if (provider.off) return "off";
        return provider.health ?? "unwatched";
      },
      wellnessKind(provider) {
        return { off: "", well: "good", unwell: "bad", unwatched: "" }[this.wellness(provider)];
      },
      rest([id, when]) {
        return id + ": " + (when ? until(when) : t("targets.until_changed"));
      },
      shownProviders() {
        return this.providers.filter((each) => each.name.toLowerCase().includes(this.wanted.toLowerCase())).slice(0, 100);
      },
    }),
  ),
);
