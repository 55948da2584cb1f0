// A better-auth application on a given database, as small as it can be. Each thing it says is a line of JSON.
//
//   DATABASE_URL=... BETTER_AUTH_SECRET=... node server.mjs [--drizzle] [--cookie-cache] [--careful] [--base-url=...] \
//     [--port=...]
//   DATABASE_URL=... BETTER_AUTH_SECRET=... node server.mjs --migrate
//
// --drizzle has Drizzle speak to the database, as a starter kit does, on tables as in drizzle.sql; --cookie-cache keeps
// the session in a second cookie for five minutes; --careful stores identifiers of verifications as digests, and seals
// OAuth tokens. --migrate makes the tables with its own migrator, and ends.

import { createServer } from "node:http";
import { parseArgs } from "node:util";

import { passkey } from "@better-auth/passkey";
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { getAuthTables } from "better-auth/db";
import { toNodeHandler } from "better-auth/node";
import { admin, bearer, emailOTP, magicLink, organization, twoFactor, username } from "better-auth/plugins";
import { drizzle } from "drizzle-orm/node-postgres";
import { boolean, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import pg from "pg";

// Where it is since 1.5, and where it was.
const { getMigrations } = await import("better-auth/db/migration").catch(() => import("better-auth/db"));

const { values: wanted } = parseArgs({
  options: {
    migrate: { type: "boolean", default: false },
    drizzle: { type: "boolean", default: false },
    "cookie-cache": { type: "boolean", default: false },
    careful: { type: "boolean", default: false },
    "base-url": { type: "string", default: "http://localhost:3000" },
    port: { type: "string", default: "0" },
  },
});
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

function say(kind, what) {
  console.log(JSON.stringify({ kind, ...what }));
}

const options = {
  appName: "Interop",
  baseURL: wanted["base-url"],
  database: pool,
  session: { cookieCache: { enabled: wanted["cookie-cache"] } },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { log: (level, message, ...rest) => say("log", { level, message, rest: rest.map(String) }) },
  emailAndPassword: {
    enabled: true,
    sendResetPassword: async ({ user, token }) => say("reset", { email: user.email, token }),
  },
  emailVerification: {
    sendVerificationEmail: async ({ user, token }) => say("verify", { email: user.email, token }),
  },
  account: { encryptOAuthTokens: wanted.careful },
  verification: { storeIdentifier: wanted.careful ? "hashed" : "plain" },
  socialProviders: { github: { clientId: "nobody", clientSecret: "nothing" } },
  user: {
    deleteUser: {
      enabled: true,
      sendDeleteAccountVerification: async ({ user, token }) => say("delete", { email: user.email, token }),
    },
  },
  plugins: [
    organization({ sendInvitationEmail: async ({ id, email }) => say("invitation", { email, id }) }),
    admin(),
    twoFactor(),
    username(),
    magicLink({ sendMagicLink: async ({ email, token }) => say("magic-link", { email, token }) }),
    emailOTP({ sendVerificationOTP: async ({ email, otp, type }) => say("otp", { email, otp, type }) }),
    passkey(),
    bearer(),
  ],
};
const tables = getAuthTables(options);

// The tables as the generator for Drizzle writes them.
function drizzleTables() {
  const types = { string: text, boolean, number: integer, date: timestamp };
  return Object.fromEntries(
    Object.entries(tables).map(([model, { modelName, fields }]) => {
      const columns = Object.entries(fields).map(([name, field]) => {
        const column = types[field.type](field.fieldName ?? name);
        return [name, field.required ? column.notNull() : column];
      });
      return [model, pgTable(modelName, { id: text("id").primaryKey(), ...Object.fromEntries(columns) })];
    }),
  );
}

// What is wrong with the database in its eyes.
async function problems(auth) {
  const { adapter, checkSchema } = await auth.$context;
  const found = [];
  const note = (error) => found.push(String(error));
  await checkSchema?.()?.catch(note);
  for (const model of Object.keys(tables)) await adapter.findMany({ model, limit: 1 }).catch(note);
  if (!wanted.drizzle) {
    const plan = await getMigrations(options, { throwOnUnsafe: false });
    for (const { table, fields } of [...plan.toBeCreated, ...plan.toBeAdded])
      found.push(`${table} lacks ${Object.keys(fields)}`);
    found.push(...(plan.schemaProblems ?? []), ...(plan.unsafeChanges ?? []));
  }
  return found;
}

if (wanted.migrate) {
  await (await getMigrations(options)).runMigrations();
  await pool.end();
} else {
  if (wanted.drizzle)
    options.database = drizzleAdapter(drizzle(pool), { provider: "pg", schema: drizzleTables() });
  const auth = betterAuth(options);
  const found = await problems(auth);
  const server = createServer(toNodeHandler(auth));
  server.listen(Number(wanted.port), "127.0.0.1", () => say("ready", { port: server.address().port, problems: found }));
}
