// The shop's API as its pages use it: tokens, renewal, idempotency keys, problems.
// Tokens stay in this tab's sessionStorage: they are gone with the tab, and no cookie carries them.

const KEPT = "souk.session";
const tabs = new BroadcastChannel("souk.session");
let session = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
let renewing = null;

/** What the shop refused and why: a problem document (RFC 9457), or no answer at all (status 0). */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail ?? "Something went wrong. Please try again.");
    this.status = status;
    this.code = document.code ?? "";
    this.errors = document.errors ?? [];
  }
}

/** One request without a session. The answer's JSON, null for an empty one; throws Problem. */
export async function ask(method, path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }), ...headers },
      body: body && JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Problem(0, { code: "offline", detail: "The shop cannot be reached. Check your connection and try again." });
  }
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  const document = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Problem(answer.status, document ?? {});
  return document;
}

/** One request that a visitor may make, too; who is signed in says so. */
export function askAsWhoever(method, path, body) {
  return session ? askSignedIn(method, path, body) : ask(method, path, body);
}

export const get = (path) => askSignedIn("GET", path);

const unanswered = new Map();

/** A POST that may be tried again: until it is answered, the same question goes out under the same key. */
export async function post(path, body) {
  const question = path + JSON.stringify(body);
  if (!unanswered.has(question)) unanswered.set(question, randomKey());
  try {
    const answer = await askSignedIn("POST", path, body, { "Idempotency-Key": unanswered.get(question) });
    unanswered.delete(question);
    return answer;
  } catch (problem) {
    const answered = problem.status >= 400 && problem.status < 500 && problem.code !== "request_still_running";
    if (answered) unanswered.delete(question);
    throw problem;
  }
}

/** Changes what may be changed twice without harm. */
export const put = (path, body) => askSignedIn("PUT", path, body);
export const patch = (path, body) => askSignedIn("PATCH", path, body);

export const signedIn = () => session !== null;

export async function signIn(email, password) {
  keep(await ask("POST", "/api/v1/auth/token/", { email, password }));
}

export async function signOut() {
  const { refresh_token } = session;
  forget();
  await ask("POST", "/api/v1/auth/logout/", { refresh_token }).catch(() => {});
}

/** Leaves for the sign-in page, which leads back here. Never returns. */
export function toSignIn() {
  location.replace(`/account/sign-in/?next=${encodeURIComponent(location.pathname)}`);
  return new Promise(() => {});
}

async function askSignedIn(method, path, body, headers = {}) {
  if (!session) await toSignIn();
  if (session.expires_at < Date.now() + 20_000) await renew();
  const authorized = () => ask(method, path, body, { ...headers, Authorization: `Bearer ${session.access_token}` });
  try {
    return await authorized();
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    await renew(); // ended early: the clock of this device may be wrong
    return authorized();
  }
}

/** A refresh token is good once, and a late second use ends the session: so only one renewal runs at a time. */
function renew() {
  renewing ??= renewOnce().finally(() => { renewing = null; });
  return renewing;
}

async function renewOnce() {
  const used = session.refresh_token;
  await hearOtherTabs();
  if (session?.refresh_token !== used) return;
  try {
    keep(await askTwice("POST", "/api/v1/auth/refresh/", { refresh_token: used }));
    tabs.postMessage(session);
  } catch (problem) {
    if (session?.refresh_token !== used) return;
    if (problem.status < 400 || problem.status >= 500 || problem.status === 429) throw problem;
    forget();
    await toSignIn();
  }
}

/** The answer may have been lost: for a few seconds the same question gets the same answer. */
async function askTwice(method, path, body) {
  try {
    return await ask(method, path, body);
  } catch (problem) {
    if (problem.status !== 0 && problem.status < 500) throw problem;
    return ask(method, path, body);
  }
}

/** A duplicated tab has our tokens: all tabs of a session go on with the newest that one of them knows. */
async function hearOtherTabs() {
  await new Promise((done) => setTimeout(done, 50));
  tabs.postMessage(session);
  await new Promise((done) => setTimeout(done, 50));
}

tabs.onmessage = ({ data }) => {
  if (data.session_id !== session?.session_id) return;
  if (data.expires_at > session.expires_at) keep(data);
  else if (data.expires_at < session.expires_at) tabs.postMessage(session);
};

function keep(tokens) {
  session = { expires_at: Date.now() + tokens.expires_in * 1000, ...tokens };
  sessionStorage.setItem(KEPT, JSON.stringify(session));
}

function forget() {
  session = null;
  sessionStorage.clear();
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
