// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Reports, and what an administrator does, as masto has it. See masto_whole.mjs.

import { check, has, refused, until } from "./sections.mjs";

export async function administration(world) {
  await accounts(world);
  await reports(world);
  await domains(world);
  await addresses(world);
  await figures(world);
}

async function accounts({ admin, anna, berend, berendId, as, open, oauth }) {
  await refused(403, "the accounts, for who is no administrator", () => anna.v1.admin.accounts.list());
  const [pending] = await admin.v1.admin.accounts.list({ pending: true });
  check(pending?.username === "nieuw" && pending.inviteRequest === "Ik werk hier", "who asked for an account", pending);
  check((await admin.v1.admin.accounts.$select(pending.id).approve()).approved, "the account is let in");
  const app = await open.v1.apps.create({ clientName: "masto", redirectUris: "urn:ietf:wg:oauth:2.0:oob", scopes: "read write" });
  const { accessToken } = await oauth.token.create({
    grantType: "client_credentials", clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: "urn:ietf:wg:oauth:2.0:oob", scope: "read write",
  });
  await as(accessToken).v1.accounts.create({ username: "weg", email: "weg@node.example", password: "Zeer geheim 1234", agreement: true, locale: "nl", reason: "Zomaar" });
  const [refusedOne] = await admin.v1.admin.accounts.list({ pending: true });
  await admin.v1.admin.accounts.$select(refusedOne.id).reject();
  check((await admin.v1.admin.accounts.list({ pending: true })).length === 0, "nobody waits any more");

  const one = admin.v1.admin.accounts.$select(berendId);
  const acted = async (type, field, undo) => {
    await one.action.create({ type, text: "Even niet" });
    check((await one.fetch())[field], `the account is ${field} after ${type}`);
    check(!(await undo())[field], `the account is ${field} no more`);
  };
  await acted("sensitive", "sensitized", () => one.unsensitive());
  await acted("silence", "silenced", () => one.unsilence());
  await acted("disable", "disabled", () => one.enable());
  await acted("suspend", "suspended", () => one.unsuspend());
  check((await berend.v1.accounts.$select(berendId).fetch().catch(() => ({ id: berendId }))).id === berendId, "berend");
}

async function reports({ admin, anna, bas, here, there }) {
  const elsewhere = await bas.v1.statuses.create({ status: `@${here.acct} Dit is niet aardig` });
  const seen = await until("the post is here", async () => (await anna.v2.search.list({ q: elsewhere.uri, resolve: true })).statuses[0]);
  const { rules } = await anna.v2.instance.fetch();
  const report = await anna.v1.reports.create({ accountId: there.id, statusIds: [seen.id], comment: "Niet aardig", forward: true, category: "violation", ruleIds: [rules[0].id] });
  check(report.forwarded && report.category === "violation", "the report", report);
  check(has(await admin.v1.admin.reports.list(), report.id), "the reports");
  const one = admin.v1.admin.reports.$select(report.id);
  check((await one.fetch()).targetAccount.id === there.id, "whom the report is about");
  check((await one.assignToSelf()).assignedAccount && !(await one.unassign()).assignedAccount, "whose report it is");
  check((await one.resolve()).actionTaken && !(await one.reopen()).actionTaken, "the report is resolved and reopened");
}

async function domains({ admin }) {
  const block = await admin.v1.admin.domainBlocks.create({ domain: "slecht.example", severity: "silence", publicComment: "Reclame" });
  const one = admin.v1.admin.domainBlocks.$select(block.id);
  check((await one.update({ severity: "suspend" })).severity === "suspend" && (await one.fetch()).domain === "slecht.example", "the blocked domain");
  check(has(await admin.v1.admin.domainBlocks.list(), block.id), "the blocked domains");
  await one.remove();
  const allow = await admin.v1.admin.domainAllows.create({ domain: "goed.example" });
  check(has(await admin.v1.admin.domainAllows.list(), allow.id) && (await admin.v1.admin.domainAllows.$select(allow.id).fetch()).domain === "goed.example", "the allowed domains");
  await admin.v1.admin.domainAllows.$select(allow.id).remove();
}

async function addresses({ admin }) {
  const kept = async (resource, made, what) => {
    check((await resource.$select(made.id).fetch()).id === made.id && has(await resource.list(), made.id), what, made);
    await resource.$select(made.id).remove();
    check(!has(await resource.list(), made.id), `${what}, no more`);
  };
  const { canonicalEmailBlocks, emailDomainBlocks, ipBlocks } = admin.v1.admin;
  await kept(emailDomainBlocks, await emailDomainBlocks.create({ domain: "weg.example" }), "the blocked domains of e-mail");
  const email = await canonicalEmailBlocks.create({ email: "iemand@weg.example" });
  check(has(await canonicalEmailBlocks.test({ email: "Iemand@weg.example" }), email.id), "the test of an address");
  await kept(canonicalEmailBlocks, email, "the blocked addresses of e-mail");
  const ip = await ipBlocks.create({ ip: "192.0.2.0/24", severity: "sign_up_block", comment: "Reclame" });
  check((await ipBlocks.$select(ip.id).update({ severity: "sign_up_requires_approval" })).severity === "sign_up_requires_approval", "the changed block");
  await kept(ipBlocks, ip, "the blocked addresses");
}

async function figures({ admin, there }) {
  const period = { startAt: new Date(Date.now() - 7 * 86400_000).toISOString(), endAt: new Date().toISOString() };
  const domain = there.acct.split("@")[1];
  const keys = ["active_users", "new_users", "interactions", "opened_reports", "resolved_reports", "instance_accounts", "instance_statuses"];
  const measures = await admin.v1.admin.measures.create({ keys, ...period, instanceAccounts: { domain }, instanceStatuses: { domain } });
  check(measures.map((m) => m.key).join() === keys.join() && measures[0].data.length > 6, "the measures", measures);
  const dimensions = await admin.v1.admin.dimensions.create({ keys: ["languages", "sources", "servers", "space_usage", "software_versions"], ...period });
  check(dimensions.length === 5 && dimensions.at(-1).data.length > 0, "the dimensions", dimensions);
  check(Array.isArray(await admin.v1.admin.retention.create({ ...period, frequency: "day" })), "the retention");
  for (const kind of ["tags", "statuses", "links"]) check(Array.isArray(await admin.v1.admin.trends[kind].list()), `the trending ${kind}, for an administrator`);
}
