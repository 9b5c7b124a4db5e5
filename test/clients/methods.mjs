// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Which methods masto has, read from its own type declarations, and which of them a client has called.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

// interfaces reads the resources of a folder of declarations: name → [[member, its type]].
function interfaces(folder) {
  const found = new Map();
  for (const file of readdirSync(folder, { withFileTypes: true })) {
    if (!file.isFile() || !file.name.endsWith(".d.ts")) continue;
    for (const [, name, body] of readFileSync(join(folder, file.name), "utf8").matchAll(/export interface (\w[\w$]*Resource) \{\n(.*?)\n\}/gs)) {
      const members = [...body.matchAll(/^ {4}(?:readonly )?(\$?\w+)(?:\(\w+: string\))?: (?:v[12]\.)?([\w$]+|\{)/gm)];
      found.set(name, members.map(([, member, type]) => [member, type]));
    }
  }
  return found;
}

// all lists masto's methods as the paths that one writes, $select without its argument: "v1.accounts.$select.follow".
export function all(main) {
  const rest = join(dirname(main), "mastodon", "rest");
  const paths = [];
  const walk = (path, name, resources) => {
    for (const [member, type] of resources.get(name)) {
      if (type === "Method" || type === "{") paths.push(`${path}.${member}`);
      else walk(`${path}.${member}`, type, resources);
    }
  };
  const elsewhere = { AdminResource: "v1/admin", PushResource: "v1/push" };
  for (const version of ["v1", "v2"]) {
    for (const [member, type] of interfaces(rest).get(`${version.toUpperCase()}Resource`)) {
      walk(`${version}.${member}`, type, interfaces(join(rest, elsewhere[type] ?? version)));
    }
  }
  return paths;
}

// noting is the client, with each call noted in called.
export function noting(client, called, path = []) {
  return new Proxy(function () {}, {
    get: (_, name) => (typeof name === "string" && name !== "then" ? noting(client[name], called, [...path, name]) : undefined),
    apply: (_, __, args) => {
      const answer = client(...args);
      if (path.at(-1) === "$select") return noting(answer, called, path);
      called.add(path.join("."));
      return answer;
    },
  });
}
