// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Two Fedify peers against each other: shows that fedify.mjs does what its head says, so that a failure against our own
// node is about our node.  ./node --test fedify.test.mjs

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import net from "node:net";
import readline from "node:readline";
import { after, test } from "node:test";

const started = [];
after(() => started.forEach((peer) => peer.stdin.end()));

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(...flags) {
  const child = spawn(process.execPath, [new URL("fedify.mjs", import.meta.url).pathname, String(await freePort()), ...flags], {
    stdio: ["pipe", "pipe", process.env.VERBOSE ? "inherit" : "ignore"],
  });
  started.push(child);
  const lines = readline.createInterface({ input: child.stdout });
  const waiting = new Map();
  let n = 0;
  const ready = await new Promise((resolve) => {
    lines.on("line", (line) => {
      const answer = JSON.parse(line);
      if (answer.ready) resolve(answer);
      else waiting.get(answer.n)(answer);
    });
  });
  const run = async (name, fields = {}) => {
    const answer = await new Promise((resolve) => {
      waiting.set(++n, resolve);
      child.stdin.write(JSON.stringify({ n, do: name, ...fields }) + "\n");
    });
    if (answer.error) throw new Error(`${name}: ${answer.error}`);
    return answer;
  };
  return { ...ready, run };
}

test("two peers", async (t) => {
  const a = await start();
  const b = await start("--first-knock=cavage");

  await t.test("lookup and webfinger", async () => {
    assert.equal((await a.run("lookup", { url: b.actor })).name, "Bob of Fedify");
    const { jrd } = await a.run("webfinger", { resource: b.actor });
    assert.ok(jrd.links.some((link) => link.href === b.actor));
  });

  await t.test("follow and accept", async () => {
    await a.run("follow", { url: b.actor });
    assert.equal((await b.run("wait", { type: "Follow" })).activity.scheme, "rfc9421");
    const { activity } = await a.run("wait", { type: "Accept" });
    assert.equal(activity.scheme, "cavage");
    assert.equal(activity.proof, "verified");
    assert.deepEqual((await a.run("state")).following, [b.actor]);
    assert.deepEqual((await b.run("state")).followers, [a.actor]);
  });

  let id;
  await t.test("a post to followers, by the shared inbox with the header of FEP-8fcf", async () => {
    ({ id } = await b.run("post", { text: "dijk", to: "followers" }));
    const { activity } = await a.run("wait", { type: "Create", contains: "dijk" });
    assert.equal(activity.proof, "verified");
    assert.match(activity.sync, /digest="[0-9a-f]{64}"/);
  });

  await t.test("reply, like, undo, update, delete", async () => {
    await a.run("post", { text: "antwoord", reply: id });
    assert.equal((await b.run("wait", { type: "Create", contains: "antwoord" })).activity.json.object.inReplyTo, id);
    const like = await a.run("like", { url: id });
    await b.run("wait", { type: "Like", contains: id });
    await a.run("undo", { id: like.id });
    await b.run("wait", { type: "Undo", contains: like.id });
    await b.run("update", { id, text: "hoge dijk" });
    await a.run("wait", { type: "Update", contains: "hoge dijk" });
    await b.run("delete", { id });
    await a.run("wait", { type: "Delete", contains: id });
  });

  await t.test("a refused scheme makes the sender knock again", async () => {
    await a.run("refuse", { scheme: "cavage" });
    await b.run("post", { text: "tweede klop", to: "mention", mention: a.actor });
    assert.equal((await a.run("wait", { contains: "tweede klop" })).activity.scheme, "rfc9421");
    const { requests } = await a.run("state");
    assert.ok(requests.some((r) => r.scheme === "cavage" && r.status === 401));
  });

  await t.test("a post for a group carries its audience", async () => {
    await a.run("post", { text: "aan de groep", group: b.actor });
    const { activity } = await b.run("wait", { contains: "aan de groep" });
    assert.equal(activity.json.audience, b.actor);
    assert.equal(activity.json.object.audience, b.actor);
  });

  await t.test("unfollow, join and leave", async () => {
    await a.run("unfollow", { url: b.actor });
    await b.run("wait", { type: "Undo", contains: "Follow" });
    assert.deepEqual((await b.run("state")).followers, []);
    await a.run("join", { url: b.actor });
    await b.run("wait", { type: "Join" });
    await a.run("leave", { url: b.actor });
    await b.run("wait", { type: "Leave" });
  });

  await t.test("a command that does not exist, and a wait in vain", async () => {
    await assert.rejects(a.run("dance"), /there is no command dance/);
    await assert.rejects(a.run("wait", { type: "Move", seconds: 0.1 }), /no Move with "" came/);
  });
});
