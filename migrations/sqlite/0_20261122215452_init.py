from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "organization" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "slug" VARCHAR(255) NOT NULL UNIQUE,
    "logo" TEXT,
    "createdAt" TIMESTAMP NOT NULL,
    "metadata" TEXT,
    "paymentsCustomerId" TEXT
);
CREATE TABLE IF NOT EXISTS "user" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "createdAt" TIMESTAMP NOT NULL,
    "updatedAt" TIMESTAMP NOT NULL,
    "name" TEXT NOT NULL,
    "email" VARCHAR(320) NOT NULL UNIQUE,
    "emailVerified" INT NOT NULL,
    "image" TEXT,
    "username" VARCHAR(255) UNIQUE,
    "displayUsername" TEXT,
    "role" TEXT,
    "banned" INT,
    "banReason" TEXT,
    "banExpires" TIMESTAMP,
    "twoFactorEnabled" INT,
    "onboardingComplete" INT,
    "paymentsCustomerId" TEXT,
    "locale" TEXT,
    "lastActiveOrganizationId" VARCHAR(255)
);
CREATE INDEX IF NOT EXISTS "idx_user_banExpi_59fefc" ON "user" ("banExpires");
CREATE TABLE IF NOT EXISTS "account" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "createdAt" TIMESTAMP NOT NULL,
    "updatedAt" TIMESTAMP NOT NULL,
    "accountId" VARCHAR(255) NOT NULL,
    "providerId" VARCHAR(255) NOT NULL,
    "accessToken" TEXT,
    "refreshToken" TEXT,
    "idToken" TEXT,
    "accessTokenExpiresAt" TIMESTAMP,
    "refreshTokenExpiresAt" TIMESTAMP,
    "scope" TEXT,
    "password" TEXT,
    "issuer" TEXT,
    "expiresAt" TIMESTAMP,
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_account_provide_f1c278" UNIQUE ("providerId", "accountId")
);
CREATE INDEX IF NOT EXISTS "idx_account_expires_ff4da6" ON "account" ("expiresAt");
CREATE INDEX IF NOT EXISTS "idx_account_userId_d6d802" ON "account" ("userId");
CREATE TABLE IF NOT EXISTS "aiChat" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "title" TEXT,
    "messages" JSON,
    "createdAt" TIMESTAMP NOT NULL,
    "updatedAt" TIMESTAMP,
    "organizationId" VARCHAR(255) REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "aiChat_one_owner" CHECK (("organizationId" IS NULL) <> ("userId" IS NULL))
);
CREATE INDEX IF NOT EXISTS "idx_aiChat_organiz_00c852" ON "aiChat" ("organizationId");
CREATE INDEX IF NOT EXISTS "idx_aiChat_userId_5eb4ef" ON "aiChat" ("userId");
CREATE TABLE IF NOT EXISTS "invitation" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "email" VARCHAR(320) NOT NULL,
    "role" TEXT,
    "status" TEXT NOT NULL,
    "expiresAt" TIMESTAMP NOT NULL,
    "createdAt" TIMESTAMP,
    "inviterId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    "organizationId" VARCHAR(255) NOT NULL REFERENCES "organization" ("id") ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS "idx_invitation_email_546c10" ON "invitation" ("email");
CREATE INDEX IF NOT EXISTS "idx_invitation_expires_85a405" ON "invitation" ("expiresAt");
CREATE INDEX IF NOT EXISTS "idx_invitation_inviter_f7d420" ON "invitation" ("inviterId");
CREATE INDEX IF NOT EXISTS "idx_invitation_organiz_36babf" ON "invitation" ("organizationId");
CREATE TABLE IF NOT EXISTS "member" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "role" TEXT NOT NULL,
    "createdAt" TIMESTAMP NOT NULL,
    "organizationId" VARCHAR(255) NOT NULL REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_member_organiz_34a9a4" UNIQUE ("organizationId", "userId")
);
CREATE INDEX IF NOT EXISTS "idx_member_organiz_3dd68e" ON "member" ("organizationId");
CREATE INDEX IF NOT EXISTS "idx_member_userId_eef26a" ON "member" ("userId");
CREATE TABLE IF NOT EXISTS "passkey" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" TEXT,
    "publicKey" TEXT NOT NULL,
    "credentialID" VARCHAR(1364) NOT NULL UNIQUE,
    "counter" BIGINT NOT NULL,
    "deviceType" TEXT NOT NULL,
    "backedUp" INT NOT NULL,
    "transports" TEXT,
    "createdAt" TIMESTAMP,
    "aaguid" TEXT,
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS "idx_passkey_userId_abd484" ON "passkey" ("userId");
CREATE TABLE IF NOT EXISTS "purchase" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "type" VARCHAR(16) NOT NULL /* SUBSCRIPTION: SUBSCRIPTION\nONE_TIME: ONE_TIME */,
    "customerId" VARCHAR(255) NOT NULL,
    "subscriptionId" VARCHAR(255) UNIQUE,
    "productId" TEXT,
    "priceId" TEXT,
    "status" TEXT,
    "createdAt" TIMESTAMP NOT NULL,
    "updatedAt" TIMESTAMP,
    "organizationId" VARCHAR(255) REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "purchase_one_owner" CHECK (("organizationId" IS NULL) <> ("userId" IS NULL))
);
CREATE INDEX IF NOT EXISTS "idx_purchase_custome_5b55ed" ON "purchase" ("customerId");
CREATE INDEX IF NOT EXISTS "idx_purchase_organiz_949b47" ON "purchase" ("organizationId");
CREATE INDEX IF NOT EXISTS "idx_purchase_userId_3e611b" ON "purchase" ("userId");
CREATE TABLE IF NOT EXISTS "session" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "createdAt" TIMESTAMP NOT NULL,
    "updatedAt" TIMESTAMP NOT NULL,
    "expiresAt" TIMESTAMP NOT NULL,
    "token" VARCHAR(255) NOT NULL UNIQUE,
    "ipAddress" TEXT,
    "userAgent" TEXT,
    "impersonatedBy" VARCHAR(255),
    "activeOrganizationId" VARCHAR(255),
    "lastUsedAt" TIMESTAMP,
    "previousToken" VARCHAR(255),
    "rotatedAt" TIMESTAMP,
    "rotationSalt" VARCHAR(255),
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS "idx_session_expires_0c93a9" ON "session" ("expiresAt");
CREATE INDEX IF NOT EXISTS "idx_session_previou_13294c" ON "session" ("previousToken");
CREATE INDEX IF NOT EXISTS "idx_session_userId_407f5e" ON "session" ("userId");
CREATE TABLE IF NOT EXISTS "twoFactor" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "secret" TEXT NOT NULL,
    "backupCodes" TEXT NOT NULL,
    "verified" INT,
    "failedVerificationCount" INT,
    "lockedUntil" TIMESTAMP,
    "userId" VARCHAR(255) NOT NULL UNIQUE REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS "verification" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "identifier" VARCHAR(512) NOT NULL,
    "value" TEXT NOT NULL,
    "expiresAt" TIMESTAMP NOT NULL,
    "createdAt" TIMESTAMP,
    "updatedAt" TIMESTAMP
);
CREATE INDEX IF NOT EXISTS "idx_verificatio_identif_361bac" ON "verification" ("identifier");
CREATE INDEX IF NOT EXISTS "idx_verificatio_expires_c50265" ON "verification" ("expiresAt");
CREATE TABLE IF NOT EXISTS "aerich" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSON NOT NULL
);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        """


MODELS_STATE = (
    "eJztXW1zm7gW/isaf9l2xs2kSZp2s3fujJOmu9m2cadxuju72QEZFJsNllgk4uZ2+9/vkQ"
    "CDMaYGxy5gfWljSUfAc6Sj8ybpS4f/4zqC7PUsiwVUdE7Qlw7FEwJ/ZKu6qIM9L6mQBQIP"
    "XdUWpxoNufCxJfu6xS4nUGQTbvmOJxxGoZQGrisLmQUNHTqS9H1K0BQ/IIeiW+YjBj894n"
    "NGT5AYw9+Y8ynzbfTE89m9YxMfmablE5tQ4WDXNJ8ioMIUOapEPCAsEEZx4z35XgF1/gmI"
    "IdiIQJc+PPXPPztxC8Ox1buHnyF//fUX/HaoTT4TLtvKn96dcesQ156DKaRU5YZ48FTZ2R"
    "j7b1RL+aFDw2JuMKFJa+9BjBmdNQccZOmIUOJjQewUdBKsCOS4KPwQKBB+QGYvaScFNrnF"
    "gSsZ0PnPbUAtiTuaMJu4fG+IOdmjZAqf+N/o5VLNDeOyPzCuzgeG0VmFb1GRxajkuUMFV9"
    "BM8GfDJXQkxvDz4MWLr+GDEozCZvKJn3ofz37pfXwCrZ7KRzIYOuGQuoyqDsK6r6oTLHDY"
    "jeJJwgQYCxI4A4tFZryGGuFMSD5DIsqeyOGLHVHuxX9U4VJckLApmRYx8DG0m2AGfJ/dp+"
    "5DND4KeDG4eH9+Nei9/yAfN+EwzRV8vcG5rDlQpQ+Z0ifHGbbNOkG/XQx+QfIn+qN/ea7g"
    "ZVyMfPXEpN3gj458JxwIZlA2NbCdGspxaYwatEyYHnh2RaZHlJrpzWN6SkSXELsR1cUjSt"
    "/vzeJNCdkE6sziuCrWMZkGuwzYMEIJ56Ce3BG6iPaAfBZLRzbQDWKySnBH864uaBdJq/Pf"
    "B3OCKsb0yfve70/nhNW7/uXPcfMUD87e9U8z0PvkFuTTuDz2EaEGfw3wHbs87o6tIV8D8r"
    "SoMchnz4FBXEGJSkme87CTR9OnGsSgGqlPMSaF+tOcsFuD+2nZp9nfGPZzi3mkjKydEWhJ"
    "W17Sxn6rMoCnaTTmFRQKzgPil1InZhQa7/J4V19CyNaXjQUHqV41Vlo1Al7aCyBJNusB2C"
    "YzN+QAkEGF27tcj7bEbxHvN8wnzoi+JQ8K9Qt4SUyt3PU5jN5cR900C+6v8WiKS5Pn+3g6"
    "C8KkxyV8uk1cIsJh2bs6670+7yiAh9i6m2LfNuaQljXsgGVKZm0XqyYHk2wJpniksJFfId"
    "85Dpk5MC/yg2lhTbcwlpa0qRJK6yGA7Z74HKu4D7tNRdNklCwqYP4IU+d/qtHeDb2hpjkB"
    "cw4+iJsmcjjCyHW4kM1N88tNx2cuuYGXugEFxRf8Ro3Wm44cbmGxgPX1BhD/apo/IebKGJ"
    "3PphyN8T3JdgFvKAiVzU1zWXBOx99qJqy6BfE34Qi3lFkxI9AqV3mVK56oi4D/etW/zAc8"
    "TZPVtRxLoH/VdG8V9hKMYuyzMGdUJ9lBFnsdad7BoGN9Is01m30t5nlaQSpp+6RJ17CB6m"
    "XPbiEGun0zcycgLrAy0yP1EazNfqa7RqG/qtGZIxjyjc/s0N6eOd9MYGtqzV/Qe0fg6KMX"
    "LPpUbbfIqnfm21Wy7CmC5QtWODDO+R2xEUDJZNbrnC0PtjaMIhGAGX8CZj+1gbqLZLDWg/"
    "HSRT75m1jwl/QFWHK0ucTWNnhDRHm3wAYnE+y4ZfgwI2ifh/bwYH8FwKHVUsBVXSZPiJXz"
    "ccTttYujvIsjFGFl0E4oWpFyuLthvJoJloaYtCvF8erjvKqZeGuxH0MpnqXt6ohKR3BLuC"
    "++v8doNzCvrT+jZvBv1KERCYjt+TQaCu68+K2TX+M9mQyVmb/g04hqukX+jEnSpuqG3zAn"
    "4QeOPBdbRO79XUhMQKYprag4I8Fikwl+9jdzKLFVvHL5zt6cQR37l/TW3rpJ9G6BW2OrVv"
    "euW4H1MRDqxokWWwhab92FUOduYKxtgxrYBjp3ubnRzrlhnWMbZIf9cgshO98qZjOPfBZ4"
    "Mg3ZI8xziTQJJkRgqS+GZoHM0kOYI5mArAOZDZHTRRq/+r+Exh+31xp/lUCbG4zKjPm4/b"
    "ZGffNUkDS6LhuxMkM5bq9Dxtp2fcSB3l7bNVYFykyyNI2eaFV2tT9MCDzbsAIu2GSJIVu0"
    "wz2kP4vIN5q/2zpOLFi4y+2E1JEvjmGNschJqDmNKN+8/Ujcma6eb5AluxcbyZYFk2wxoK"
    "UAWBOl+YzQhi0VK0EVxn7WhCkJMrURIi/wYcLxvD16ZUD6EHXTojm3SefFB8z5HXno5Pgt"
    "4qpukcvCSzWq5q34jQx7gRhTlJxOvDd3VjGslaHbQhrvx0eBD52YphcMXccy4NlQKU88Pu"
    "tfnSP4KaOi0k9mAzYRifZxNMYQrImPo56iYXv66mxyldJSFdXbkEi7lqoZ5InQKyNzEsKL"
    "1630NT0/PD5aQcbIZkuFTFiZQVwecpwXezl1Rhd0yUBPEWWAdugqyn7dhjm8L/z37MeDg8"
    "PDlwf7h8evXhy9fPni1f4raKveeLHqZQE3Ti9+vrjMDHdZMA+9Te4di4TQlZAyIdngYY0z"
    "9uqG/7bFjFQdiW0EXs6wZ8wlmOZDH9JdeznAD4GuXcif9vvv5pA/vchCe/3+9BxkjmJDpB"
    "vnjnR4IOUe8/O8CQUHvsxRaTWmyf7tmjGixe5tjEdBOedqQqHnWPk5ptOy9EGHOllodX9b"
    "7J7Mc7ilXJcFHrd0q2ouNx4MZ43UNWCIQ50rbw1Tcabu6mcg9mh0ciG8MBj/4QmKUx9emo"
    "f3kPnMDizxA0eO3YUHUTIl4W1lYS2o8j9w7Z9riFDqFvjn8u04yYZzGkwWZNK8qtsAa65z"
    "dX16dfbx4sPgon95gtK/bijoMoZUXk5Q/FenAp+eH6/i4sgqVykHx/GCe6Mo3lzgTlo/zl"
    "yzZWMLmUtpqVoS7zTpI8b2a+S/29R1W3JxKZtMEVLpHIrK0QG5apcGHWg05I053GXH8a6P"
    "56huHtMWu470mbW7x/Pvv5OzXidPtnIj505AXNt9nPVCv0XbOJsJbE0ds1eE8yUbOOOqbp"
    "FblqcaVfHKXrEJGTL7AXEYKuqk2i5i4fkuYcZDFwVUOC4yzeTgQdOMLqJRd1OaJhoz+FaE"
    "ke2MCBd7aDCWjlafEBTCIP24PgtzrZFPwrRk5Yp1MRdIdQM/sUBTzBH5bI0xBbhOkCN41G"
    "kXTccEHhq36iJMbdUFx64IiV3QFzi69dkECKFXRc4Ddf0p89ETTuQFNxbMi70IN74XXY9p"
    "mk+1O7ghS063wB2sLagd1KbrY0Fppm+N6foc3ApOqxrxOAapkMlLbpxfvqyKte6br3Mq8k"
    "aMYsczopsKyjh5Ha+XEGk/b8XsJTAIaI7sWg67pOrFRBr2CjdOT8LMEqUsDHM2mRSo6ynS"
    "0+o7TWrGgC1IGDBInXtirOHwDHvob8vt2TYGSAvbANFRRT2WtNe8vRGGNqlKnk/uHRZwo7"
    "TOFFMO1tKd6uUW3MLEUg6tStMqotSzqv6zKvZaGtLLWGZSxYRXEZ1erWoapauZ9a7z+nX4"
    "aPXw0WDK3oB+zHJvB0gqu0UhJDHXbO07AkCcjuWecAsLpvLzT8IoDcEuseE/yyciid2EpR"
    "KMwEMWg2fpMExDREq3IAwTsrmMcyOhqHM2fm1dG+EMMtQMKgN7SHcWk2nsK2B/T3wHHpYj"
    "dwq3tafJqm1rr5l6uJ1d7bfYgSXDCNELd34Z6mSMRfiXnqQR9vEp1cVZ3EOlkzVqxojoYI"
    "2D50cvj14dHh/NztOYlRQdo7EIucvCgxtkIkhpF5KivY5JtbVbZ2u3BtZXGyNuC8ZXGWPh"
    "W4YaKN8DBv9s2Ez7rnzZjJW2luWlcMwxumJ8l9tbMRsr7qIODa0wx05dDD67a97hiIPNpb"
    "L4kMvkjmcLzIufEEbyri2ZhHd5/e4dmoBKwpFpyhcxTW1vNUSKdAvsLZ32toMZUDrtbQeZ"
    "ru9c2aJlr9bXMsvbjKB1yvDhwf4Kyxi0WrqMqbocfI2K/hNF/GltJ0qlMT4raawbxZmAXl"
    "tGkMwI2hDJ/B4Jf/mSu9iyftTTpGskTTYSO7Yd7rn4wVgOdsHxriHt9WNjvmPjfKt3QO84"
    "1kNMaelFMyHaXsih+YsloGaAScHz9jEXxdboxxmRHuGVRrgRbdYpa+EC6XlCuZWog97jU3"
    "GPz5QZtyoBxSBUol1Wps0SWM4Tci3dVpdujA4Z9m14EQB14imneTkOJD2cpTrQPFidB/qq"
    "vrosOi6zcDklNqHQeFfAW+5PWX+XkOymp3cKbTA0nd7TpRJu1r2k0pql7TTTDV18saC+yf"
    "ObEOmbPFeGSt/k+U2Iojsh173IM7lZspUg6etOV0ApPh1qPZBSB3i1ZSiV2suSZ+IvRzTO"
    "Y/s2rnP7Wloy+kpmn6VTlzs5WWhz9d2ibLT7bMuKd3uomzyeBZzEW3xmx7lxsEvlYWw8Om"
    "oufaqbzFQzTUddIgmf7pumPOcNCB0h09mmzBfjsM09dgOis9UaY1h00fJstYTf5ZiRpmrf"
    "Xs8Xzw9WgB5aLYVe1WX2pshpU8aZMSPQCUNVEob0oWTtD1jUJ9m2ZtpNi9Mu65Nrq3m+SZ"
    "6vtVXn8XaX9EArt8adHM0+qinU6XHSpoI2HxU9spK9dC9mro6ds+0y4lh902UfZdPlcqUZ"
    "DLXYm7CqxpwiaYU2t43j6ryc28kLzqbz8m4lbwO6z/dXyfeGVsuvBdxfyPeGJ4rcQy9/ve"
    "pfLlGZEpLs4ulYAv2LXIc3OIaUB64Eo9gyyRohmbVPdnC67r7TdRezr/8Hxe3riA=="
)
