CREATE TABLE "attempt" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "count" INT NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX "idx_attempt_expires_75e0e9" ON "attempt" ("expiresAt");
CREATE TABLE "auditEntry" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "action" VARCHAR(255) NOT NULL,
    "actorId" VARCHAR(255),
    "subjectId" VARCHAR(255),
    "organizationId" VARCHAR(255),
    "ipAddress" TEXT,
    "data" JSONB,
    "createdAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX "idx_auditEntry_action_7b9312" ON "auditEntry" ("action");
CREATE INDEX "idx_auditEntry_actorId_1d088a" ON "auditEntry" ("actorId");
CREATE INDEX "idx_auditEntry_subject_f05071" ON "auditEntry" ("subjectId");
CREATE INDEX "idx_auditEntry_organiz_01a4d5" ON "auditEntry" ("organizationId");
CREATE INDEX "idx_auditEntry_created_66a04c" ON "auditEntry" ("createdAt");
CREATE TABLE "backup" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" VARCHAR(255) NOT NULL UNIQUE,
    "store" TEXT NOT NULL,
    "size" BIGINT,
    "seconds" DOUBLE PRECISION,
    "manifest" JSONB,
    "takenAt" TIMESTAMPTZ NOT NULL,
    "error" TEXT,
    "checkedAt" TIMESTAMPTZ,
    "checkLevel" INT,
    "checkError" TEXT,
    "removedAt" TIMESTAMPTZ,
    "isSafetyCopy" BOOL NOT NULL
);
CREATE INDEX "idx_backup_takenAt_553b8e" ON "backup" ("takenAt");
CREATE INDEX "idx_backup_checked_091426" ON "backup" ("checkedAt");
CREATE TABLE "jobRun" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "job" VARCHAR(255) NOT NULL,
    "arguments" JSONB NOT NULL,
    "trigger" VARCHAR(16) NOT NULL,
    "status" VARCHAR(16) NOT NULL,
    "attempt" INT NOT NULL,
    "dueAt" TIMESTAMPTZ,
    "startedAt" TIMESTAMPTZ,
    "finishedAt" TIMESTAMPTZ,
    "counts" JSONB,
    "report" TEXT,
    "error" TEXT,
    "worker" VARCHAR(255),
    "correlationId" VARCHAR(255),
    "createdAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX "idx_jobRun_dueAt_dad79b" ON "jobRun" ("dueAt");
CREATE INDEX "idx_jobRun_finishe_1e82cb" ON "jobRun" ("finishedAt");
CREATE INDEX "idx_jobRun_job_bb2e1e" ON "jobRun" ("job", "id");
CREATE TABLE "jobState" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "runId" VARCHAR(255),
    "askedAt" TIMESTAMPTZ,
    "startedAt" TIMESTAMPTZ,
    "succeededAt" TIMESTAMPTZ,
    "failures" INT NOT NULL,
    "runsSucceeded" BIGINT NOT NULL,
    "runsFailed" BIGINT NOT NULL,
    "rows" BIGINT NOT NULL,
    "seconds" DOUBLE PRECISION NOT NULL
);
CREATE TABLE "mail" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "updatedAt" TIMESTAMPTZ NOT NULL,
    "recipient" VARCHAR(320) NOT NULL,
    "template" VARCHAR(64) NOT NULL,
    "locale" VARCHAR(35),
    "payload" TEXT NOT NULL,
    "status" VARCHAR(16) NOT NULL,
    "attempts" INT NOT NULL,
    "dueAt" TIMESTAMPTZ NOT NULL,
    "claimedUntil" TIMESTAMPTZ,
    "sentAt" TIMESTAMPTZ,
    "lastError" TEXT,
    "expiresAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX "idx_mail_dueAt_1e9cfc" ON "mail" ("dueAt");
CREATE INDEX "idx_mail_expires_31baec" ON "mail" ("expiresAt");
CREATE TABLE "organization" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "slug" VARCHAR(255) NOT NULL UNIQUE,
    "logo" TEXT,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "metadata" TEXT,
    "paymentsCustomerId" TEXT
);
CREATE TABLE "purchaseEvent" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "provider" VARCHAR(255) NOT NULL,
    "occurredAt" TIMESTAMPTZ NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX "idx_purchaseEve_expires_5fe711" ON "purchaseEvent" ("expiresAt");
CREATE TABLE "user" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "updatedAt" TIMESTAMPTZ NOT NULL,
    "name" TEXT NOT NULL,
    "email" VARCHAR(320) NOT NULL UNIQUE,
    "emailVerified" BOOL NOT NULL,
    "image" TEXT,
    "username" VARCHAR(255) UNIQUE,
    "displayUsername" TEXT,
    "role" TEXT,
    "banned" BOOL,
    "banReason" TEXT,
    "banExpires" TIMESTAMPTZ,
    "twoFactorEnabled" BOOL,
    "onboardingComplete" BOOL,
    "paymentsCustomerId" TEXT,
    "locale" TEXT,
    "lastActiveOrganizationId" VARCHAR(255)
);
CREATE INDEX "idx_user_banExpi_59fefc" ON "user" ("banExpires");
CREATE TABLE "account" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "updatedAt" TIMESTAMPTZ NOT NULL,
    "accountId" VARCHAR(255) NOT NULL,
    "providerId" VARCHAR(255) NOT NULL,
    "accessToken" TEXT,
    "refreshToken" TEXT,
    "idToken" TEXT,
    "accessTokenExpiresAt" TIMESTAMPTZ,
    "refreshTokenExpiresAt" TIMESTAMPTZ,
    "scope" TEXT,
    "password" TEXT,
    "issuer" TEXT,
    "expiresAt" TIMESTAMPTZ,
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_account_provide_f1c278" UNIQUE ("providerId", "accountId")
);
CREATE INDEX "idx_account_expires_ff4da6" ON "account" ("expiresAt");
CREATE INDEX "idx_account_userId_d6d802" ON "account" ("userId");
CREATE TABLE "aiChat" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "title" TEXT,
    "messages" JSONB,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "updatedAt" TIMESTAMPTZ,
    "organizationId" VARCHAR(255) REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "aiChat_one_owner" CHECK (("organizationId" IS NULL) <> ("userId" IS NULL))
);
CREATE INDEX "idx_aiChat_organiz_00c852" ON "aiChat" ("organizationId");
CREATE INDEX "idx_aiChat_userId_5eb4ef" ON "aiChat" ("userId");
CREATE TABLE "aiChatMessage" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "message" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "chatId" VARCHAR(255) NOT NULL REFERENCES "aiChat" ("id") ON DELETE CASCADE
);
CREATE INDEX "idx_aiChatMessa_chatId_bae443" ON "aiChatMessage" ("chatId", "id");
CREATE TABLE "invitation" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "email" VARCHAR(320) NOT NULL,
    "role" TEXT,
    "status" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL,
    "createdAt" TIMESTAMPTZ,
    "inviterId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    "organizationId" VARCHAR(255) NOT NULL REFERENCES "organization" ("id") ON DELETE CASCADE
);
CREATE INDEX "idx_invitation_email_546c10" ON "invitation" ("email");
CREATE INDEX "idx_invitation_expires_85a405" ON "invitation" ("expiresAt");
CREATE INDEX "idx_invitation_inviter_f7d420" ON "invitation" ("inviterId");
CREATE INDEX "idx_invitation_organiz_36babf" ON "invitation" ("organizationId");
CREATE TABLE "member" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "role" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "organizationId" VARCHAR(255) NOT NULL REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_member_organiz_34a9a4" UNIQUE ("organizationId", "userId")
);
CREATE INDEX "idx_member_organiz_3dd68e" ON "member" ("organizationId");
CREATE INDEX "idx_member_userId_eef26a" ON "member" ("userId");
CREATE TABLE "passkey" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" TEXT,
    "publicKey" TEXT NOT NULL,
    "credentialID" VARCHAR(1364) NOT NULL UNIQUE,
    "counter" BIGINT NOT NULL,
    "deviceType" TEXT NOT NULL,
    "backedUp" BOOL NOT NULL,
    "transports" TEXT,
    "createdAt" TIMESTAMPTZ,
    "aaguid" TEXT,
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE INDEX "idx_passkey_userId_abd484" ON "passkey" ("userId");
CREATE TABLE "purchase" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "type" VARCHAR(16) NOT NULL,
    "customerId" VARCHAR(255) NOT NULL,
    "subscriptionId" VARCHAR(255) UNIQUE,
    "productId" TEXT,
    "priceId" TEXT,
    "status" TEXT,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "updatedAt" TIMESTAMPTZ,
    "seats" INT,
    "currentPeriodEnd" TIMESTAMPTZ,
    "lastEventAt" TIMESTAMPTZ,
    "organizationId" VARCHAR(255) REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "purchase_one_owner" CHECK (("organizationId" IS NULL) <> ("userId" IS NULL))
);
CREATE INDEX "idx_purchase_custome_5b55ed" ON "purchase" ("customerId");
CREATE INDEX "idx_purchase_current_765fcc" ON "purchase" ("currentPeriodEnd");
CREATE INDEX "idx_purchase_organiz_949b47" ON "purchase" ("organizationId");
CREATE INDEX "idx_purchase_userId_3e611b" ON "purchase" ("userId");
COMMENT ON COLUMN "purchase"."type" IS 'SUBSCRIPTION or ONE_TIME';
CREATE TABLE "session" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "updatedAt" TIMESTAMPTZ NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL,
    "token" VARCHAR(255) NOT NULL UNIQUE,
    "ipAddress" TEXT,
    "userAgent" TEXT,
    "impersonatedBy" VARCHAR(255),
    "activeOrganizationId" VARCHAR(255),
    "lastUsedAt" TIMESTAMPTZ,
    "previousToken" VARCHAR(255),
    "rotatedAt" TIMESTAMPTZ,
    "rotationSalt" VARCHAR(255),
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE INDEX "idx_session_expires_0c93a9" ON "session" ("expiresAt");
CREATE INDEX "idx_session_previou_13294c" ON "session" ("previousToken");
CREATE INDEX "idx_session_userId_407f5e" ON "session" ("userId");
CREATE TABLE "twoFactor" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "secret" TEXT NOT NULL,
    "backupCodes" TEXT NOT NULL,
    "verified" BOOL,
    "failedVerificationCount" INT,
    "lockedUntil" TIMESTAMPTZ,
    "lastUsedStep" BIGINT,
    "userId" VARCHAR(255) NOT NULL UNIQUE REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE TABLE "verification" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "identifier" VARCHAR(512) NOT NULL,
    "value" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL,
    "createdAt" TIMESTAMPTZ,
    "updatedAt" TIMESTAMPTZ
);
CREATE INDEX "idx_verificatio_identif_361bac" ON "verification" ("identifier");
CREATE INDEX "idx_verificatio_expires_c50265" ON "verification" ("expiresAt");
CREATE TABLE "aerich" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSONB NOT NULL
);
