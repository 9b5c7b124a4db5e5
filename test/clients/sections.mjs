// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// What the tests of masto share: their environment, checking, waiting, and telling all that is wrong at the end.

export const setting = (name) => process.env[name] || fail(`${name} is not set; README.md says what the clients need`);
export const problems = [];

function fail(what) {
  console.error(what);
  process.exit(1);
}

// section does one subject; what is wrong in it does not keep the next from being tried.
export async function section(name, work) {
  const began = Date.now();
  await work().catch((error) => problems.push(`${name}: ${error?.stack ?? error}`));
  console.log(JSON.stringify({ section: name, ms: Date.now() - began }));
}

// check notes that something is not as it should be.
export function check(holds, what, got) {
  if (!holds) problems.push(got === undefined ? what : `${what}: ${JSON.stringify(got)}`.slice(0, 1500));
}

// refused checks that a call ends with a status of HTTP.
export async function refused(status, what, call) {
  const error = await call().then(() => undefined, (error) => error);
  check(error?.statusCode === status, `${what} is not refused with ${status}`, error?.statusCode ?? String(error));
}

// until asks until find gives something true.
export async function until(what, find) {
  const seconds = Number(process.env.SECONDS ?? 20);
  for (const end = Date.now() + seconds * 1000; ; ) {
    const found = await find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not in ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const has = (list, id) => list.some((one) => one.id === id);

// finish ends the process: with status 1 when anything was wrong.
export function finish() {
  if (problems.length > 0) fail(problems.join("\n"));
  process.exit(0);
}
