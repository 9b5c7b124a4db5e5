// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// The beginning of every app in a browser: it registers itself at the server that one names, sends one there to log in, and
// trades the code that it comes back with for a token. The client is then in window.client, for the test to use.

import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

const scope = "read write follow push";
const redirectUri = location.origin + "/";
const base64 = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const says = (text) => (document.querySelector("output").textContent = text);

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const url = new FormData(event.target).get("server");
  const app = await createRestAPIClient({ url }).v1.apps.create({ clientName: "Een app in de browser", redirectUris: redirectUri, scopes: scope, website: location.origin });
  const codeVerifier = base64(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(codeVerifier)))); // RFC 7636
  sessionStorage.setItem("app", JSON.stringify({ url, codeVerifier, ...app }));
  const query = { response_type: "code", client_id: app.clientId, redirect_uri: redirectUri, scope, code_challenge: challenge, code_challenge_method: "S256" };
  location.assign(`${url}/oauth/authorize?${new URLSearchParams(query)}`);
});

async function come(code) {
  const { url, clientId, clientSecret, codeVerifier } = JSON.parse(sessionStorage.getItem("app"));
  history.replaceState(null, "", "/");
  const { accessToken } = await createOAuthAPIClient({ url }).token.create({
    grantType: "authorization_code", clientId, clientSecret, redirectUri, code, codeVerifier, scope,
  });
  const client = createRestAPIClient({ url, accessToken });
  const { configuration } = await client.v2.instance.fetch();
  const streaming = createStreamingAPIClient({ streamingApiUrl: configuration.urls.streaming, accessToken });
  await streaming.prepare();
  const events = [];
  (async () => {
    for await (const event of streaming.user.subscribe()) events.push(event);
  })();
  Object.assign(window, { client, events, server: url, accessToken });
  says((await client.v1.accounts.verifyCredentials()).acct);
}

const code = new URLSearchParams(location.search).get("code");
if (code) await come(code);
