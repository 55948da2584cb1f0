-- What Drizzle Kit 0.31 makes of the tables of a starter kit: better-auth 1.7 with the plugins of server.mjs, and two more.
CREATE TYPE "public"."PurchaseType" AS ENUM('SUBSCRIPTION', 'ONE_TIME');
CREATE TABLE "account" (
    "id" text PRIMARY KEY NOT NULL,
    "accountId" text NOT NULL,
    "providerId" text NOT NULL,
    "userId" text NOT NULL,
    "accessToken" text,
    "refreshToken" text,
    "idToken" text,
    "accessTokenExpiresAt" timestamp,
    "refreshTokenExpiresAt" timestamp,
    "scope" text,
    "password" text,
    "createdAt" timestamp DEFAULT now() NOT NULL,
    "updatedAt" timestamp DEFAULT now() NOT NULL
);
CREATE TABLE "aiChat" (
    "id" text PRIMARY KEY NOT NULL,
    "organizationId" text,
    "userId" text,
    "title" text,
    "messages" json,
    "createdAt" timestamp DEFAULT now() NOT NULL,
    "updatedAt" timestamp
);
CREATE TABLE "invitation" (
    "id" text PRIMARY KEY NOT NULL,
    "organizationId" text NOT NULL,
    "email" text NOT NULL,
    "role" text,
    "status" text NOT NULL,
    "expiresAt" timestamp NOT NULL,
    "createdAt" timestamp DEFAULT now() NOT NULL,
    "inviterId" text NOT NULL
);
CREATE TABLE "member" (
    "id" text PRIMARY KEY NOT NULL,
    "organizationId" text NOT NULL,
    "userId" text NOT NULL,
    "role" text NOT NULL,
    "createdAt" timestamp DEFAULT now() NOT NULL
);
CREATE TABLE "organization" (
    "id" text PRIMARY KEY NOT NULL,
    "name" text NOT NULL,
    "slug" text NOT NULL,
    "logo" text,
    "createdAt" timestamp DEFAULT now() NOT NULL,
    "metadata" text,
    "paymentsCustomerId" text,
    CONSTRAINT "organization_slug_unique" UNIQUE("slug")
);
CREATE TABLE "passkey" (
    "id" text PRIMARY KEY NOT NULL,
    "name" text,
    "publicKey" text NOT NULL,
    "userId" text NOT NULL,
    "credentialID" text NOT NULL,
    "counter" integer NOT NULL,
    "deviceType" text NOT NULL,
    "backedUp" boolean NOT NULL,
    "transports" text,
    "createdAt" timestamp DEFAULT now(),
    "aaguid" text
);
CREATE TABLE "purchase" (
    "id" text PRIMARY KEY NOT NULL,
    "organizationId" text,
    "userId" text,
    "type" "PurchaseType" NOT NULL,
    "customerId" text NOT NULL,
    "subscriptionId" text,
    "priceId" text NOT NULL,
    "status" text,
    "createdAt" timestamp DEFAULT now() NOT NULL,
    "updatedAt" timestamp,
    CONSTRAINT "purchase_subscriptionId_unique" UNIQUE("subscriptionId")
);
CREATE TABLE "session" (
    "id" text PRIMARY KEY NOT NULL,
    "expiresAt" timestamp NOT NULL,
    "token" text NOT NULL,
    "createdAt" timestamp DEFAULT now() NOT NULL,
    "updatedAt" timestamp DEFAULT now() NOT NULL,
    "ipAddress" text,
    "userAgent" text,
    "userId" text NOT NULL,
    "activeOrganizationId" text,
    "impersonatedBy" text,
    CONSTRAINT "session_token_unique" UNIQUE("token")
);
CREATE TABLE "twoFactor" (
    "id" text PRIMARY KEY NOT NULL,
    "secret" text NOT NULL,
    "backupCodes" text NOT NULL,
    "userId" text NOT NULL,
    "verified" boolean,
    "failedVerificationCount" integer,
    "lockedUntil" timestamp
);
CREATE TABLE "user" (
    "id" text PRIMARY KEY NOT NULL,
    "name" text NOT NULL,
    "email" text NOT NULL,
    "emailVerified" boolean DEFAULT false NOT NULL,
    "image" text,
    "createdAt" timestamp DEFAULT now() NOT NULL,
    "updatedAt" timestamp DEFAULT now() NOT NULL,
    "role" text,
    "banned" boolean DEFAULT false,
    "banReason" text,
    "banExpires" timestamp,
    "twoFactorEnabled" boolean DEFAULT false,
    "username" text,
    "displayUsername" text,
    "onboardingComplete" boolean,
    "paymentsCustomerId" text,
    "locale" text,
    "lastActiveOrganizationId" text,
    CONSTRAINT "user_email_unique" UNIQUE("email"),
    CONSTRAINT "user_username_unique" UNIQUE("username")
);
CREATE TABLE "verification" (
    "id" text PRIMARY KEY NOT NULL,
    "identifier" text NOT NULL,
    "value" text NOT NULL,
    "expiresAt" timestamp NOT NULL,
    "createdAt" timestamp DEFAULT now() NOT NULL,
    "updatedAt" timestamp DEFAULT now() NOT NULL
);
ALTER TABLE "account" ADD CONSTRAINT "account_userId_user_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "aiChat" ADD CONSTRAINT "aiChat_organizationId_organization_id_fk" FOREIGN KEY ("organizationId") REFERENCES "public"."organization"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "aiChat" ADD CONSTRAINT "aiChat_userId_user_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_organizationId_organization_id_fk" FOREIGN KEY ("organizationId") REFERENCES "public"."organization"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_inviterId_user_id_fk" FOREIGN KEY ("inviterId") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "member" ADD CONSTRAINT "member_organizationId_organization_id_fk" FOREIGN KEY ("organizationId") REFERENCES "public"."organization"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "member" ADD CONSTRAINT "member_userId_user_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "passkey" ADD CONSTRAINT "passkey_userId_user_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "purchase" ADD CONSTRAINT "purchase_organizationId_organization_id_fk" FOREIGN KEY ("organizationId") REFERENCES "public"."organization"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "purchase" ADD CONSTRAINT "purchase_userId_user_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "session" ADD CONSTRAINT "session_userId_user_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "twoFactor" ADD CONSTRAINT "twoFactor_userId_user_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;
CREATE INDEX "account_userId_idx" ON "account" USING btree ("userId");
CREATE INDEX "invitation_organizationId_idx" ON "invitation" USING btree ("organizationId");
CREATE INDEX "invitation_email_idx" ON "invitation" USING btree ("email");
CREATE INDEX "member_organizationId_idx" ON "member" USING btree ("organizationId");
CREATE INDEX "member_userId_idx" ON "member" USING btree ("userId");
CREATE UNIQUE INDEX "member_user_org_idx" ON "member" USING btree ("userId","organizationId");
CREATE INDEX "organization_slug_idx" ON "organization" USING btree ("slug");
CREATE INDEX "passkey_userId_idx" ON "passkey" USING btree ("userId");
CREATE INDEX "passkey_credentialID_idx" ON "passkey" USING btree ("credentialID");
CREATE INDEX "session_userId_idx" ON "session" USING btree ("userId");
CREATE INDEX "twoFactor_secret_idx" ON "twoFactor" USING btree ("secret");
CREATE INDEX "twoFactor_userId_idx" ON "twoFactor" USING btree ("userId");
CREATE INDEX "verification_identifier_idx" ON "verification" USING btree ("identifier");