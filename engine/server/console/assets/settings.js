"use strict";

document.addEventListener("alpine:init", () =>
  Alpine.data("settings", () =>
    page({
      boot: [],
      settings: [],
      async load() {
        const [told, site] = await Promise.all([api("GET", "/admin/settings"), api("GET", "/admin/effective")]);
        this.settings = told.settings.map(written);
        this.boot = flat(site.settings, "");
      },
      changed() {
        return this.settings.filter((each) => each.given !== each.before);
      },
      async save() {
        const changes = Object.fromEntries(this.changed().map((each) => [each.name, typed(each)]));
        await this.change(changes, t("settings.saved"));
      },
      async back(each) {
        await this.change({ [each.name]: null }, t("settings.is_back", { name: each.name }));
      },
      async change(settings, done) {
        await this.act(async () => {
          this.settings = (await api("POST", "/admin/settings", { settings })).settings.map(written);
        }, done);
      },
      isField(each) {
        return each.type !== "boolean" && !each.choices;
      },
      inputType(each) {
        if (each.secret) return "password";
        return each.type === "text" ? "text" : "number";
      },
      isChanged(each) {
        return each.given !== each.before;
      },
      hint(each) {
        const bounds = each.minimum === null && each.maximum === null ? "" : `${each.minimum ?? ""} – ${each.maximum ?? ""}`;
        return [each.name, bounds, each.secret && each.set ? t("settings.secret") : ""].filter(Boolean).join(" · ");
      },
    }),
  ),
);

// A setting as the form has it: what stands there, and what stood there before.
function written(each) {
  const text = each.value === null || each.value === undefined ? "" : String(each.value);
  return { ...each, choices: each.choices?.map(String) ?? null, given: text, before: text };
}

function typed(each) {
  if (each.type === "boolean") return each.given === "true";
  return each.type === "text" ? each.given : Number(each.given);
}

// Rows of dotted names and texts.
function flat(value, name) {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, each]) => flat(each, name ? name + "." + key : key));
  }
  const text = value === null ? "–" : Array.isArray(value) ? value.join(", ") || "–" : String(value);
  return [{ name, text }];
}
