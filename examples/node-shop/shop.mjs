// A small shop that sells one plan: whoever has signed up gets in for as long as Purring says that it is paid.
//
//     PURRING_URL=... PURRING_KEY=... PURRING_SECRET=... PRICE_ID=... node examples/node-shop/shop.mjs
//
// Plain fetch and Node's own modules, Node 18 or newer. It keeps what it knows in memory, where a real shop has tables.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { PURRING_URL, PURRING_KEY, PURRING_SECRET, PRICE_ID, PORT = "0" } = process.env;
const LETS_IN = ["trialing", "active", "past_due"];
const TRIES_MAX = 4;
const OLD_S = 300;

const accounts = new Map(); // customer id → { subscriptionId, status, version, paid }
const seen = new Set();

class Refused extends Error {
  constructor(status, body) {
    super(body.detail);
    Object.assign(this, { status, body });
  }
}

// Ask Purring. Under a key a request can be sent again without being worked twice, so what fails in passing is.
async function purring(method, path, body, key = crypto.randomUUID()) {
  const headers = { Authorization: `Bearer ${PURRING_KEY}`, "Content-Type": "application/json", "Idempotency-Key": key };
  const request = { method, headers, body: body && JSON.stringify(body) };
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(`${PURRING_URL}/v1${path}`, request).catch(() => null);
    if (answer?.ok) return answer.json();
    const inPassing = answer === null || answer.status === 429 || answer.status >= 500;
    if (!inPassing || tries === TRIES_MAX) {
      throw new Refused(answer?.status ?? 503, answer ? await answer.json() : { detail: "Purring can't be reached." });
    }
    const waitS = Number(answer?.headers.get("retry-after")) || 2 ** tries / 4;
    await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
  }
}

// Is this body from Purring, and is it new? Standard Webhooks; the npm package `standardwebhooks` does the same.
function isGenuine(headers, body) {
  const [id, sentS, signatures] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`] ?? "");
  if (!(Math.abs(Date.now() / 1000 - Number(sentS)) <= OLD_S)) return false;
  const secret = Buffer.from(PURRING_SECRET.replace("whsec_", ""), "base64");
  const right = createHmac("sha256", secret).update(`${id}.${sentS}.`).update(body).digest();
  return signatures.split(" ").some((one) => {
    const given = Buffer.from(one.replace("v1,", ""), "base64");
    return given.length === right.length && timingSafeEqual(given, right);
  });
}

async function addCard(customerId, card, key) {
  const method = { customer_id: customerId, kind: "card", gateway: "sandbox", ...card };
  return (await purring("POST", "/payment_methods", method, key)).id;
}

// `order` is a text of the page's, so that pressing twice buys once. `card` is what the gateway's own field gave.
async function signUp({ order, name, email, locale = "en", card }) {
  const people = [{ name, email, locale }];
  const made = { name, timezone: "Europe/Oslo", locale, external_id: order, people };
  const customer = await purring("POST", "/customers", made, `${order}-customer`);
  const methodId = await addCard(customer.id, card, `${order}-card`);
  const wanted = { customer_id: customer.id, price_id: PRICE_ID, payment_method_id: methodId };
  const { id, status } = await purring("POST", "/subscriptions", wanted, `${order}-subscription`);
  if (!accounts.has(customer.id)) accounts.set(customer.id, { subscriptionId: id, status, version: 0, paid: [] });
  return { customer_id: customer.id };
}

// Take another card, let it pay from now on, and pay with it what is open.
async function changeCard(customerId, card) {
  const methodId = await addCard(customerId, card);
  const { subscriptionId } = accountOf(customerId);
  await purring("POST", `/subscriptions/${subscriptionId}/tie`, { payment_method_id: methodId });
  const open = await purring("GET", `/invoices?customer_id=${customerId}&status=open&limit=100`);
  for (const invoice of open.data) {
    await purring("POST", `/invoices/${invoice.id}/pay`, { payment_method_id: methodId });
  }
  return { method_id: methodId };
}

// Take an event in: once, and never back to an older state.
function happened(event) {
  if (seen.has(event.id)) return { status: "known" };
  seen.add(event.id);
  const { subscription, invoice } = event.data;
  if (subscription) {
    const fresh = { subscriptionId: subscription.id, version: 0, paid: [] };
    const account = accounts.get(subscription.customer_id) ?? fresh;
    accounts.set(subscription.customer_id, account);
    if (subscription.version > account.version) {
      Object.assign(account, { status: subscription.status, version: subscription.version });
    }
  } else if (event.type === "invoice.paid") {
    accountOf(invoice.customer_id).paid.push(invoice.number);
  }
  return { status: "taken" };
}

function show(customerId) {
  const { status, paid } = accountOf(customerId);
  return { gets_in: LETS_IN.includes(status), status, paid };
}

function accountOf(customerId) {
  const account = accounts.get(customerId);
  if (!account) throw new Refused(404, { detail: "Nobody of that id has signed up here." });
  return account;
}

async function answer(request, body) {
  const [, first, customerId, last] = request.url.split("/");
  const asked = `${request.method} ${[first, last].filter(Boolean).join("/")}`;
  if (asked === "POST purring") {
    if (!isGenuine(request.headers, body)) throw new Refused(400, { detail: "This isn't from Purring, or is old." });
    return happened(JSON.parse(body));
  }
  if (asked === "POST signup") return signUp(JSON.parse(body));
  if (asked === "POST customers/card") return changeCard(customerId, JSON.parse(body));
  if (asked === "GET customers") return show(customerId);
  throw new Refused(404, { detail: "There is nothing here." });
}

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const reply = (status, body) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  await answer(request, Buffer.concat(parts)).then(
    (body) => reply(200, body),
    (error) => reply(error.status ?? 500, error.body ?? { detail: "Something went wrong here." }),
  );
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`The shop listens on http://127.0.0.1:${server.address().port}`));
