// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Looks at pages in a real browser. Reads what to look at as JSON from standard input (see web/browser_test.go), writes
// what is wrong line by line, and ends with status 1 when there is anything.

import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const todo = JSON.parse(readFileSync(0, "utf8"));
const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const wrong = [];

const browser = await chromium.launch({
  executablePath: todo.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// watch notes everything that the browser itself complains about: a violated policy, a file that is not there.
function watch(page, where) {
  page.on("console", (m) => {
    if (m.type() === "error") wrong.push(`${where}: ${m.text()}`);
  });
  page.on("pageerror", (e) => wrong.push(`${where}: ${e}`));
}

const looks = [
  { name: "wide-light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "narrow-dark", viewport: { width: 320, height: 700 }, colorScheme: "dark" },
];

async function logIn(page, name = todo.email) {
  await page.goto(todo.base + "/login");
  await enter(page, name);
}

// enter fills in the login page that is shown.
async function enter(page, name) {
  await page.fill("input[type=email]", name);
  await page.fill("input[type=password]", todo.password);
  await page.click("button[type=submit]");
}

// axe-core finds what machines can find of WCAG 2.2 AA; a page never scrolls sideways (WCAG 1.4.10).
async function check(page, name, look, status = 200) {
  const where = `${name}, ${look}`;
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  await page.evaluate(readFileSync(axeSource, "utf8")); // not as a script element: the policy forbids those
  const result = await page.evaluate(() => globalThis.axe.run());
  if (result.passes.length < 10) wrong.push(`${where}: axe looked at nothing (status ${status})`);
  for (const v of result.violations) {
    wrong.push(`${where}: ${v.id} (${v.help}): ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
  }
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (sideways > 0) wrong.push(`${where}: scrolls ${sideways} px sideways`);
  if (todo.shots) {
    await page.evaluate(() => document.querySelectorAll("img").forEach((i) => (i.loading = "eager")));
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: `${todo.shots}/${name}-${look}.png`, fullPage: true });
  }
}

async function accessible() {
  for (const look of looks) {
    for (const member of [false, true]) {
      const context = await browser.newContext({ ...look, locale: "nl-NL" });
      const page = await context.newPage();
      if (member) await logIn(page);
      for (const [name, path] of Object.entries(member ? todo.member : todo.pages)) {
        const status = (await page.goto(todo.base + path)).status();
        await check(page, name, look.name, status);
      }
      await context.close();
    }
  }
}

// The keyboard reaches every link and button, in order, and one always sees where it is.
async function keyboard(path) {
  const page = await browser.newPage({ locale: "nl-NL" });
  watch(page, `keyboard on ${path}`);
  await page.goto(todo.base + path);
  await keys(page, path);
  await page.close();
}

async function keys(page, path) {
  const all = await page.evaluate(() => [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden])")].filter((e) => e.checkVisibility()).length);
  const seen = new Set();
  for (let n = 0; n < all + 5; n++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) return null;
      const style = getComputedStyle(e), box = e.getBoundingClientRect();
      return { id: [...document.querySelectorAll("*")].indexOf(e), outline: parseFloat(style.outlineWidth), text: e.textContent.trim(), inside: box.bottom > 0 && box.top < innerHeight };
    });
    if (!at) break;
    if (n === 0 && !at.text.includes("inhoud")) wrong.push(`${path}: the first stop is ${at.text}, not the way to the content`);
    if (!(at.outline >= 2) || !at.inside) wrong.push(`${path}: the focus is not visible on ${at.text}`);
    seen.add(at.id);
  }
  if (seen.size !== all) wrong.push(`${path}: the keyboard reaches ${seen.size} of ${all}`);
}

// An app is given access without JavaScript, and the redirect to it is not stopped by the policy of the page with the form.
async function consent() {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  watch(page, "consent");
  await page.goto(todo.base + todo.ask);
  await page.fill("input[type=email]", todo.email);
  await page.fill("input[type=password]", todo.password);
  await page.click("button[type=submit]");
  await page.click("button[type=submit]");
  await page.waitForURL(todo.arrival + "**");
  const arrived = new URL(page.url());
  if (!arrived.searchParams.get("code") || arrived.searchParams.get("state") !== todo.state) wrong.push(`consent: arrived at ${arrived}`);

  // An app's own scheme leads out of the browser: no page comes, and no complaint either.
  const asked = [];
  page.on("request", (r) => asked.push(r.url()));
  await page.goto(todo.base + todo.askScheme);
  await page.click("button[type=submit]", { noWaitAfter: true });
  await page.waitForTimeout(500);
  if (!asked.some((url) => url.endsWith("/oauth/authorize"))) wrong.push(`consent by scheme: the form was not sent: ${asked}`);

  await page.goto(todo.base + todo.askScheme);
  const deny = await page.getAttribute(".choices a", "href");
  if (!deny.startsWith("pleiotest://back?error=access_denied")) wrong.push(`consent: refusing leads to ${deny}`);
  await context.close();
}

// An answer by a form arrives with the script at once, and without it by a button.
async function formPost() {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled, locale: "nl-NL" });
    const page = await context.newPage();
    watch(page, "form_post");
    await page.goto(todo.base + todo.askForm);
    await enter(page, todo.email);
    await page.click("button[type=submit]");
    if (!javaScriptEnabled) await page.click("button[type=submit]");
    await page.waitForURL(todo.arrival + "**");
    const got = new URL(page.url()).searchParams;
    if (got.get("how") !== "POST" || !got.get("code") || got.get("state") !== todo.state) wrong.push(`form_post: arrived with ${got}`);
    await context.close();
  }
}

// What an authenticator app shows (RFC 6238), so many steps from now.
function authenticator(key, steps) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replaceAll(" ", "")].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
  const sum = createHmac("sha1", secret).update(counter).digest();
  return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// A person sets up a second factor, and then gives an app access with it, all without JavaScript.
async function secondFactor() {
  const setup = await browser.newContext({ ...looks[1], locale: "nl-NL" });
  const page = await setup.newPage();
  watch(page, "second factor");
  await logIn(page, todo.other);
  await page.goto(todo.base + "/settings/second-factor");
  await page.fill("input[type=password]", todo.password);
  await page.click("main button[type=submit]");
  await page.waitForSelector("svg.qr");
  const key = await page.innerText("[data-handle]");
  for (const look of looks) {
    await page.setViewportSize(look.viewport);
    await page.emulateMedia({ colorScheme: look.colorScheme });
    await check(page, "second-setup", look.name);
  }
  await page.fill("#code", authenticator(key, -1));
  await page.click("main button[type=submit]");
  await page.waitForSelector(".recovery");
  const recovery = await page.locator(".recovery code").allInnerTexts();
  await check(page, "second-recovery", looks[1].name);
  await page.click("main .button");
  await check(page, "settings-on", looks[1].name);
  await page.goto(todo.base + "/settings/second-factor");
  await check(page, "second-on", looks[1].name);
  await setup.close();

  for (const code of [() => authenticator(key, 0), () => recovery[0]]) {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: "nl-NL" });
    const person = await context.newPage();
    watch(person, "consent with a second factor");
    await person.goto(todo.base + todo.ask);
    await enter(person, todo.other);
    await person.fill("input[name=code]", code());
    await person.click("button[type=submit]");
    await person.click("button[type=submit]");
    await person.waitForURL(todo.arrival + "**");
    if (!new URL(person.url()).searchParams.get("code")) wrong.push(`consent with a second factor: arrived at ${person.url()}`);
    await context.close();
  }

  const last = await browser.newContext({ ...looks[0], locale: "nl-NL" });
  const asked = await last.newPage();
  await logIn(asked, todo.other);
  for (const look of looks) {
    await asked.setViewportSize(look.viewport);
    await asked.emulateMedia({ colorScheme: look.colorScheme });
    await check(asked, "login-code", look.name);
  }
  await keys(asked, "/login/code");
  await last.close();
}

// What the script adds to handles.
async function copying() {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  watch(page, "copying");
  await page.goto(todo.base + todo.copy.path);
  await page.click("button.copy");
  const text = await page.evaluate(() => navigator.clipboard.readText());
  if (text !== todo.copy.text) wrong.push(`copying gave ${text}`);
  await context.close();
}

await accessible();
await keyboard("/");
await keyboard("/login");
await consent();
await formPost();
await secondFactor();
await copying();
await browser.close();
for (const line of wrong) console.log(line);
process.exit(wrong.length ? 1 : 0);
