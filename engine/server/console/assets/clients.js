"use strict";

const CLIENT = (row) => "/admin/clients/" + at(row.name);
const LIMITS = ["rpm", "tpm", "concurrency"];

document.addEventListener("alpine:init", () =>
  Alpine.data("clients", () =>
    page(
      shown({
        all: [],
        away: "",
        fresh: {},
        key: null,
        standing: null,
        limits: [],
        async load() {
          const told = await api("GET", "/admin/clients?partly=1");
          this.all = told.clients;
          this.away = told.away ? t("clients.away", { why: told.away }) : "";
        },
        matches(row, wanted) {
          return [row.name, row.note, ...(row.groups ?? [])].some((text) => (text ?? "").toLowerCase().includes(wanted));
        },
        kind(row) {
          return { active: "good", revoked: "bad", expired: "bad" }[row.state];
        },
        models(row) {
          return row.models ? row.models.join(", ") : t("clients.all_models");
        },
        own(row) {
          return row.source === "stored";
        },

        ask() {
          this.fresh = { name: "", models: "", groups: "", expires: "", note: "", rpm: "", tpm: "", concurrency: "", usd: "", per: "month" };
          this.open("create");
        },
        async create() {
          const fresh = this.fresh;
          await this.act(async () => {
            const given = { name: fresh.name };
            for (const name of ["models", "groups"]) {
              const list = fresh[name].split(/[\s,]+/).filter(Boolean);
              if (list.length) given[name] = list;
            }
            if (fresh.expires) given.expires = fresh.expires;
            if (fresh.note) given.note = fresh.note;
            const limits = Object.fromEntries(LIMITS.filter((name) => fresh[name]).map((name) => [name, Number(fresh[name])]));
            if (fresh.usd) limits.budget = { usd: Number(fresh.usd), per: fresh.per };
            if (Object.keys(limits).length) given.limits = limits;
            const made = await api("POST", "/admin/clients", given);
            this.close("create");
            this.tell(made);
          });
        },
        async rotate(row) {
          if (!(await sure(t("clients.sure_rotate", { name: row.name })))) return;
          await this.act(async () => this.tell(await api("POST", CLIENT(row) + "/rotate", {})));
        },
        tell(made) {
          this.key = { name: made.client.name, key: made.key };
          this.open("key");
          this.reload();
        },
        copyKey() {
          copy(this.key.key);
        },
        forget() {
          this.key = null;
        },
        async revoke(row) {
          if (!(await sure(t("clients.sure_revoke", { name: row.name })))) return;
          if (await this.act(() => api("POST", CLIENT(row) + "/revoke", {}), t("clients.revoked", { name: row.name }))) this.reload();
        },
        async remove(row) {
          if (!(await sure(t("clients.sure_delete", { name: row.name })))) return;
          if (await this.act(() => api("DELETE", CLIENT(row)), t("clients.deleted", { name: row.name }))) this.reload();
        },

        async show(row) {
          await this.act(async () => {
            const told = await api("GET", "/admin/limits?client=" + encodeURIComponent(row.name));
            this.standing = row;
            this.limits = told.limits;
            this.open("limits");
          });
        },
        limit(row) {
          const per = row.per ? " / " + word("per", row.per) : "";
          return (row.kind === "budget" ? money(row.limit) : number(row.limit)) + " " + word("limit", row.kind) + per;
        },
        used(row) {
          return row.kind === "budget" ? money(row.used) : number(row.used);
        },
      }),
    ),
  ),
);
