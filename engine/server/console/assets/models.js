"use strict";

document.addEventListener("alpine:init", () =>
  Alpine.data("models", () =>
    parted(50, {
      aliases: [],
      async load() {
        const told = await api("GET", "/admin/aliases" + this.query());
        this.aliases = told.aliases;
        this.total = told.total;
      },
      label(target) {
        return target.model === null ? target.provider : target.provider + "/" + target.model;
      },
      extra(target, alias) {
        const parts = [];
        if (alias.strategy === "weighted") parts.push("×" + target.weight);
        if (target.when) parts.push(t("models.when"));
        if (target.off) parts.push(target.off);
        return parts.join(" · ");
      },
      beside(alias) {
        return ["canary", "mirror"]
          .filter((kind) => alias[kind])
          .map((kind) => `${t("models." + kind)} ${this.label(alias[kind])} ${exact.format(alias[kind].share * 100)} %`);
      },
      who(alias) {
        if (!alias.access) return t("models.everybody");
        return [...alias.access.clients, ...alias.access.groups.map((name) => t("models.group", { name }))].join(", ");
      },
      isGlob(alias) {
        return /[*?[]/.test(alias.name);
      },
      tryLink(alias) {
        return "/admin/ui/try?model=" + encodeURIComponent(alias.name);
      },
    }),
  ),
);
