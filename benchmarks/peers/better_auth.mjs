// better-auth on Node with its pg adapter: `auth.api.getSession`; with `joins`, or `cached` in its cookie, as its third
// argument says. As benchmarks/peers/turns.py, in JavaScript.
import { createInterface } from "node:readline";

import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import pg from "pg";

const FILL = `
INSERT INTO "session" ("id", "token", "userId", "expiresAt", "createdAt", "updatedAt")
SELECT md5(n::text), md5(n::text), (SELECT "id" FROM "user"), now() + interval '7 days', now(), now()
FROM generate_series(1, $1::int) n`;
const email = "ada@example.com";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const auth = betterAuth({
  database: pool,
  secret: "s".repeat(32),
  baseURL: "http://localhost:3000",
  emailAndPassword: { enabled: true },
  advanced: { database: { joins: process.argv[3] === "joins" } },
  session: { cookieCache: { enabled: process.argv[3] === "cached", maxAge: 3600 } },
  telemetry: { enabled: false },
});
await (await getMigrations(auth.options)).runMigrations();
const { headers } = await auth.api.signUpEmail({
  body: { name: "Ada", email, password: "correct horse battery staple" },
  returnHeaders: true,
});
const cookie = headers.getSetCookie().map((it) => it.split(";")[0]).join("; ");
await pool.query(FILL, [Number(process.argv[2])]);
await pool.query("ANALYZE");

async function ask(times) {
  for (let n = 0; n < times; n++) await auth.api.getSession({ headers: new Headers({ cookie }) });
}

const found = await auth.api.getSession({ headers: new Headers({ cookie }) });
if (found?.user.email !== email) throw new Error(`it says ${found?.user.email}`);
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [times, atOnce] = line.split(" ").map(Number);
  const began = performance.now();
  await Promise.all(Array.from({ length: atOnce }, () => ask(Math.floor(times / atOnce))));
  console.log((performance.now() - began) / 1000);
}
process.exit(0);
