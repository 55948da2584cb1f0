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
    "type" VARCHAR(16) NOT NULL /* SUBSCRIPTION or ONE_TIME */,
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
    "eJztXW1z2zYS/isYfWkyo3oSO2+X3tyM7Do9t4mVieW207pDQiQssaEAlgCt+Nr891uApE"
    "hRFCNQlkJS+JJYABYknwUW+wbg7x7/y/cEORo4Douo6L1Gf/conhH4o1jVRz0cBFmFLBB4"
    "7Ku2ONdozEWIHdnXLfY5gSKXcCf0AuExCqU08n1ZyBxo6NGJpB9Sgub4HnkU3bIQMfgZkJ"
    "Az+hqJKfyNOZ+z0EWPgpDdeS4JkW07IXEJFR72bfsxAipMkadKxD3CAmGUNj6S7xVR76+I"
    "WIJNCHQZwlN//72XtrA8V717/Bny1x9/wG+PuuQT4bKt/Bl8tG494rtLMMWUqtwS94EqO5"
    "vi8I1qKT90bDnMj2Y0ax3ciymji+aAgyydEEpCLIibg06ClYCcFsUfAgUijMjiJd2swCW3"
    "OPIlA3r/vo2oI3FHM+YSnx+NMSdHlMzhE/+TvFyuuWVdDkfW1fnIsnqb8C0pchiVPPeo4A"
    "qaGf5k+YROxBR+Hj9//jl+UIZR3Ew+8efBh7P/Dj48glaP5SMZDJ14SF0mVcdx3WfVCRY4"
    "7kbxJGMCjAUJnIXFKjO+hxrhzUg5QxLKgSjhi5tQHqV/1OFSWpCxKZsWKfAptLtgBnyfO6"
    "T+fTI+Kngxunh3fjUavHsvHzfjMM0VfIPRuaw5VqX3hdJHLwpsW3SCfrkY/RfJn+i34eW5"
    "gpdxMQnVE7N2o9968p1wJJhF2dzCbm4op6UpatAyY3oUuDWZnlAapreP6TkRrSF2E6qLB5"
    "S+X5vFuxKyGdSFxXFTrFMyA7YO2DBCCeegnnwkdBXtEfkk1o5soBulZLXgTuZdU9Cuklbn"
    "v46WBFWK6aN3g18fLwmrt8PLH9LmOR6cvR2eFqAPyS3Ip6k+9gmhAX8L8D1XH3fPNZBvAX"
    "le1FjkU+DBIK6hROUkz3ncyYPpUy1iUIPUpxSTSv1pSdhtwf287DPsbw37ucMCoiNrFwRG"
    "0upL2tRvpQN4nsZgXkOh4DwioZY6saAweOvjXX8JIXtfNlYcpGbV2GjViLi2F0CS7NYDsE"
    "9m7sgBIIMKtx9LPdoSv1W837CQeBP6E7lXqF/AS2LqlK7PcfTmOummXXB/TkdTWpo9P8Tz"
    "RRAmPy7h013iExEPy8HV2eD7854CeIydj3McutYS0rKGHbNCyaLtatXseFYswRRPFDbyK+"
    "Q7pyEzD+ZFeTAtrulXxtKyNnVCaQMEsN2RkGMV92G3uWiajJIlBSycYOr9TzU6uqE31LZn"
    "YM7BB3HbRh5HGPkeF7K5bf990wuZT27gpW5AQQkFv1Gj9aYnh1tcLGB9vQHEP9v2d4j5Mk"
    "YXsjlHU3xHil3AGwpCZXPbXhecM/G3hgmrfkX8TXjC1zIrFgRG5dJXudKJugr4j1fDy3LA"
    "8zRFXctzBPpHTfdOYS/BqMa+CHNBdZIdFLE3keYDDDo2J9LcsNnXYZ7nFSRN2ydPuoUN1C"
    "x7dg8x0P2bmQcBcYWVmR+pD2BtDgvdtQr9TY3OEsFQbnwWh/b+zPl2AttQa/6C3nkCJx+9"
    "YtHnavtVVr233K6WZU8RLF+wwoFxzj8SFwGUTGa9LtnyYGvDKBIRmPGvweynLlD3kQzWBj"
    "Be+igkfxIH/pK+AEeONp+4xgZviSjvV9jgZIY9X4cPC4LueWhPjp9sADi0Wgu4qivkCTE9"
    "H0fa3rg49F0csQjTQTuj6ETK4eGG8RomWFpi0m4Ux2uO86ph4q3DfgyleGrb1QmVieBquC"
    "++vsfoMDBvrD+jYfDv1KGRCIj9+TRaCu6y+G2SX+MdmY2Vmb/i00hq+lX+jFnWpu6G3zgn"
    "4RuOAh87RO79XUlMQLYtrag0I8Fhsxn+9k/mUeKqeOX6nb0lgzr1L5mtvU2T6P0Kt8Zere"
    "5DtwKbYyA0jRMdthCM3noIoc7DwNjYBg2wDUzucnujnUvDusQ2KA779RZCcb7VzGaehCwK"
    "ZBpyQFjgE2kSzIjAUl+MzQKZpYcwRzIB2QQyWyKnqzR+9b+Gxp+2Nxp/nUCbH010xnzafl"
    "+jvn0qSB5dn02YzlBO25uQsbFdH3Cgd9d2TVUBnUmWpzETrc6u9vsZgWdbTsQFm60xZKt2"
    "uMf0Zwn5TvN3O8eJFQt3vZ2QO/LFs5wpFiUJNacJ5ZufPhB/oauXG2TZ7sVWsmXFJFsNaC"
    "kAtkRpOSO0ZUvFRlDFsZ8tYcqCTF2EKIhCmHC8bI+eDkjvk246NOd26bx4jzn/SO57JX6L"
    "tKpf5bIIco3qeSt+IeNBJKYUZacTHy2dVQxrZey2kMb7i2dRCJ3YdhCNfc+x4NlQKU88Ph"
    "tenSP4KaOi0k/mAjYJifFxtMYQbIiPo5miYX/66mJyaWmpiuqnmMi4luoZ5JnQ05E5GeHF"
    "9530NT09efFsAxkjm60VMnFlAXF5yHFZ7OXUm1zQNQM9R1QA2qObKPtNG+bwvvDft/86Pj"
    "45eXn85OTFq+fPXr58/urJK2ir3ni16mUFN04vfri4LAx3WbAMvUvuPIfE0GlImZhsdL/F"
    "GXtNw3/fYkaqjsS1oqBk2DPmE0zLoY/proMS4MdA1y3kT4fDt0vIn14Uob1+d3oOMkexId"
    "GNS0c6PJDygIVl3oSKA1+WqIwa02b/dsMY0WH3NsaTSM+5mlGYOaY/x0xaljno0CQLbe5v"
    "S92TZQ63nOuywuOWb1XP5caj8aKRugYMcajz5a1hKs7U3/wMxAFNTi6EFwbjPz5BcR7CS/"
    "P4HrKQuZEjvuHIc/vwIErmJL6tLK4FVf4bbvxzLRFK/Qr/XLkdJ9lwTqPZikxaVnVbYM31"
    "rq5Pr84+XLwfXQwv5ZQA/cWSCkuvBkeevtjEmVFUo3KujBcrjoyqyHKF42j7iHLDFog95C"
    "jl5acm3nnSB4ziN8hTt6uLteQyops2EVOZbInacQC5PmuDDjQG8tYc43LgeDfHR9Q032iH"
    "nUTmdNrD4/nX37PZrDMmO7ll8yAgbuyOzWah36ENm+0EtqEu2CvC+ZqtmmlVv8oBy3ON6v"
    "hfr9iMjJl7jzgMFXUmbR+x+CSXOLehjyIqPB/ZdnbEoG0nV86oWyhtG00ZfCvCyPUmhIsj"
    "NJpKl2pICIphkB7bkMVZ1SgkcQKycrr6mAukuoGfWKA55oh8cqaYAlyvkSd40mkfzacEHp"
    "q26iNMXdUFx76IiX3QFzi6DdkMCKFXRc4jddEpC9EjTuRVNg7Mi6MEN36UXIRp24+N47cl"
    "S06/wvFrLKgD1KabY0EZpu+N6ebE2xpOqwbxOAWpkslr7pZfv6yKrW6Wb3LS8U6MYi+wkj"
    "sJdJy8XjDIiIyft2aeEhgEtER2rYddUg1SIgN7jbulZ3EOiVIWxiXbSSrU9Rzpaf09JQ1j"
    "wB4kDBik3h2xtnB4xj0M9+X27BoDpIVtgeioox5L2mve3QhDl1SlICR3Hou4pa0zpZSjrX"
    "SnZrkF9zCxlEOr1rRKKM2sav6sSr2WlvQy6kyqlPAqoTOrVUOjdA2z3k0GvwkfbR4+Gs3Z"
    "G9CPWek9AFllvyqEJJaabX0bAIjTqdz97WDBVCb+6zhKQ7BPXPjPCYnIYjdxqQQjCpDD4F"
    "kmDNMSkdKvCMPEbNZxbmQUTc67b6xrI55BlppBOrDHdGcpmcG+BvZ3JPTgYSVyp3IDe56s"
    "3gb2hqmH+9m/fos9WDKsGL14j5elzsBYhX/tmRlxHz/nujhLe6h1hkbDGJEcoXH89NnLZ6"
    "9OXjxbnJyxKKk6MGMVcp/FRzTIRBBtF5KivU5JjbXbZGu3AdZXFyNuK8aXjrHwJUMNlO8R"
    "g392bKZ9Vb7sxkrbyvJSOJYYXSm+6+2tlI0190vHhlacY6euAF/cKu9xxMHmUll8yGdyb7"
    "MD5sV3CCN5q5ZMwru8fvsWzUAl4ci25YvYtrG3WiJF+hX2lkl7O8AMKJP2doBMN7er7NGy"
    "V+urzvK2IOicMnxy/GSDZQxarV3GVF0JvlZN/4ki/nlrJ0qtMb4oaa0bxZuBXqsjSBYEXY"
    "hkfo2Ev3LJXW1ZP+i50Q2SJjuJHbseD3x8b60Hu+Ig15j2+qExP7Bxvtfbng8c6zGmVHvR"
    "zIj2F3Jo/2IJqFlgUvCyfcxVsTX6YUFkRnitEW4lm3V0LVwgPc8o9xJ1MHt8au7xmTPrVi"
    "WgWIRKtHVl2iKB5TwjN9Jtc+nG6Jjh0IUXAVBngXKa63Eg6+Es14HhweY8MJfyNWXR8ZmD"
    "9ZTYjMLgXQNvuT9l+11CspuB2Sm0w9B0fk+XSrjZ9jpKZ5G20043dPUVgubOzi9CZO7s3B"
    "gqc2fnFyFKbn/c9srO7A7JToJkLjbdAKX0dKjtQMod4NWVoaS1l6XMxF+PaJrH9mVcl/a1"
    "dGT0aWaf5VOXeyVZaEv1/apstLtiy5q3eKg7O76NOEm3+CyOc+Ngl8rD2Hhy1Fz+VDeZqW"
    "bbnrouEj49tG15zhsQekKms81ZKKZxmzvsR8Rkq7XGsOij9dlqGb/1mJGn6t5ez+dPjzeA"
    "HlqthV7VFfamyGmj48xYEJiEoToJQ+ZQsu4HLJqTbNsw7abDaZfNybU1PN8lz7faqvNwu0"
    "sGoJU7016JZp/UVOr0OGtTQ5tPih5YyV67F7NUxy7ZdplwrLnpsg+y6XK90gyGWupN2FRj"
    "zpF0Qpvbx3F1Qck95BVn0wVl9493Ad2nTzbJ94ZW668FfLKS7w1PFKWHXv54NbxcozJlJM"
    "XF03ME+gf5Hm9xDKkMXAlGtWVSNEIKa5/s4HTbfafbLmaf/w/K6OUW"
)
