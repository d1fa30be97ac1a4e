// Reads {secret, headers, body} as JSON, verifies the body, then verifies it altered, and prints what came of both.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The library lies where tools/setup has put it, which is where this runs.
const { Webhook } = createRequire(`${process.cwd()}/`)("standardwebhooks");

const asked = JSON.parse(readFileSync(0, "utf8"));
const body = Buffer.from(asked.body, "base64").toString("utf8");
const webhook = new Webhook(asked.secret);
const accepted = webhook.verify(body, asked.headers);
let altered = "accepted";
try {
  webhook.verify(`${body} `, asked.headers);
} catch (error) {
  altered = error.message;
}
console.log(JSON.stringify({ accepted, altered }));
