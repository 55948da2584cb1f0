from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "attempt" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "count" INT NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_attempt_expires_75e0e9" ON "attempt" ("expiresAt");
CREATE TABLE IF NOT EXISTS "auditEntry" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "action" VARCHAR(255) NOT NULL,
    "actorId" VARCHAR(255),
    "subjectId" VARCHAR(255),
    "organizationId" VARCHAR(255),
    "ipAddress" TEXT,
    "data" JSONB,
    "createdAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_auditEntry_action_7b9312" ON "auditEntry" ("action");
CREATE INDEX IF NOT EXISTS "idx_auditEntry_actorId_1d088a" ON "auditEntry" ("actorId");
CREATE INDEX IF NOT EXISTS "idx_auditEntry_subject_f05071" ON "auditEntry" ("subjectId");
CREATE INDEX IF NOT EXISTS "idx_auditEntry_organiz_01a4d5" ON "auditEntry" ("organizationId");
CREATE INDEX IF NOT EXISTS "idx_auditEntry_created_66a04c" ON "auditEntry" ("createdAt");
CREATE TABLE IF NOT EXISTS "mail" (
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
CREATE INDEX IF NOT EXISTS "idx_mail_dueAt_1e9cfc" ON "mail" ("dueAt");
CREATE INDEX IF NOT EXISTS "idx_mail_expires_31baec" ON "mail" ("expiresAt");
CREATE TABLE IF NOT EXISTS "organization" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "slug" VARCHAR(255) NOT NULL UNIQUE,
    "logo" TEXT,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "metadata" TEXT,
    "paymentsCustomerId" TEXT
);
CREATE TABLE IF NOT EXISTS "purchaseEvent" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "provider" VARCHAR(255) NOT NULL,
    "occurredAt" TIMESTAMPTZ NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_purchaseEve_expires_5fe711" ON "purchaseEvent" ("expiresAt");
CREATE TABLE IF NOT EXISTS "user" (
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
CREATE INDEX IF NOT EXISTS "idx_user_banExpi_59fefc" ON "user" ("banExpires");
CREATE TABLE IF NOT EXISTS "account" (
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
CREATE INDEX IF NOT EXISTS "idx_account_expires_ff4da6" ON "account" ("expiresAt");
CREATE INDEX IF NOT EXISTS "idx_account_userId_d6d802" ON "account" ("userId");
CREATE TABLE IF NOT EXISTS "aiChat" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "title" TEXT,
    "messages" JSONB,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "updatedAt" TIMESTAMPTZ,
    "organizationId" VARCHAR(255) REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "aiChat_one_owner" CHECK (("organizationId" IS NULL) <> ("userId" IS NULL))
);
CREATE INDEX IF NOT EXISTS "idx_aiChat_organiz_00c852" ON "aiChat" ("organizationId");
CREATE INDEX IF NOT EXISTS "idx_aiChat_userId_5eb4ef" ON "aiChat" ("userId");
CREATE TABLE IF NOT EXISTS "aiChatMessage" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "message" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "chatId" VARCHAR(255) NOT NULL REFERENCES "aiChat" ("id") ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS "idx_aiChatMessa_chatId_5f0f06" ON "aiChatMessage" ("chatId");
CREATE TABLE IF NOT EXISTS "invitation" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "email" VARCHAR(320) NOT NULL,
    "role" TEXT,
    "status" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL,
    "createdAt" TIMESTAMPTZ,
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
    "createdAt" TIMESTAMPTZ NOT NULL,
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
    "backedUp" BOOL NOT NULL,
    "transports" TEXT,
    "createdAt" TIMESTAMPTZ,
    "aaguid" TEXT,
    "userId" VARCHAR(255) NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS "idx_passkey_userId_abd484" ON "passkey" ("userId");
CREATE TABLE IF NOT EXISTS "purchase" (
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
CREATE INDEX IF NOT EXISTS "idx_purchase_custome_5b55ed" ON "purchase" ("customerId");
CREATE INDEX IF NOT EXISTS "idx_purchase_current_765fcc" ON "purchase" ("currentPeriodEnd");
CREATE INDEX IF NOT EXISTS "idx_purchase_organiz_949b47" ON "purchase" ("organizationId");
CREATE INDEX IF NOT EXISTS "idx_purchase_userId_3e611b" ON "purchase" ("userId");
COMMENT ON COLUMN "purchase"."type" IS 'SUBSCRIPTION or ONE_TIME';
CREATE TABLE IF NOT EXISTS "session" (
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
CREATE INDEX IF NOT EXISTS "idx_session_expires_0c93a9" ON "session" ("expiresAt");
CREATE INDEX IF NOT EXISTS "idx_session_previou_13294c" ON "session" ("previousToken");
CREATE INDEX IF NOT EXISTS "idx_session_userId_407f5e" ON "session" ("userId");
CREATE TABLE IF NOT EXISTS "twoFactor" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "secret" TEXT NOT NULL,
    "backupCodes" TEXT NOT NULL,
    "verified" BOOL,
    "failedVerificationCount" INT,
    "lockedUntil" TIMESTAMPTZ,
    "lastUsedStep" BIGINT,
    "userId" VARCHAR(255) NOT NULL UNIQUE REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS "verification" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "identifier" VARCHAR(512) NOT NULL,
    "value" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL,
    "createdAt" TIMESTAMPTZ,
    "updatedAt" TIMESTAMPTZ
);
CREATE INDEX IF NOT EXISTS "idx_verificatio_identif_361bac" ON "verification" ("identifier");
CREATE INDEX IF NOT EXISTS "idx_verificatio_expires_c50265" ON "verification" ("expiresAt");
CREATE TABLE IF NOT EXISTS "aerich" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSONB NOT NULL
);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        """


MODELS_STATE = (
    "eJztXVtz27gV/isYvWx2RutJ7Nyadjoje7277sZ2Jla2nTY7JETCEmqKYAnSirrNf+854F"
    "USSYuUpZA0XuIIwIGo74DAueOPgSdkMPWZPBpZlgjdYPCO/DFw6ZzBfzY7h2RAPS/fhU0B"
    "nThqPM0Nm8jApxbOd0sdyaDJZtLyuRdw4UKrGzoONgoLBnJ3ivTXLiMLuiTcJbfCJwI+es"
    "yXwn1Hghn8n0q5EL5Nnnm+uOc284lpWj6zmRtw6pjm9wSoqEu4agmWhAaEkmTwET5X6PL/"
    "hMwIxJTBlD5867/+NUhGGNxWzx79DPz0++/wmbs2+wI/FcbiR+/OuOXMsVegiihVuxEsPd"
    "V2NqP+T2ok/tCJYQknnLvZaG8ZzISbDgccsHXKXObTgNk56BCsGOSkKfoh0BD4IUsf0s4a"
    "bHZLQwcZMPjLbehaiDuZC5s58mhCJTty2QJ+4l/jh8sNN4yr67Fxcz42jME2fIubLOEiz7"
    "kbSAXNnH4xHOZOgxl8PH716mv0RRlG0TD8xt9GH89+GX18BqO+x68UsHSiJXUVdx1HfV/V"
    "JDSg0TSKJxkTYC0gcAYNNpnxI/QEfM6KGRJTjoICvtgx5VHynyZcShoyNmWvRQJ8Au0+mA"
    "G/z752nWW8Pip4Mb64PL8Zjy4/4NfNpfyPo+Abjc+x51i1Ltdan71eY1s6Cfn7xfgXgh/J"
    "P6+vzhW8ydaRHzf+5wCfiYaBMFyxMKidW8pJa4IajMyYHnp2Q6bHlJrp3WN6bouuse3GVB"
    "ePuPt+axbva5PNCQGrh+O2WCdkGuw6YMMKZVKCeHLH3E20x+xLULqygW6ckDWCO37v2oJ2"
    "1W51/o/xykaVYPrscvSP71c2q/fXVz8nw3M8OHt/fboGvc9uYX+a1cc+JtTg7wA+t+vjzm"
    "0N+Q6Q57cag33xOCziBkJUbuc5jyZ5NHmqQwxqkfiUYFIpP61sdjtwP7/3afZ3hv3SEh6r"
    "s9emBHqnrb/TJnarOoDnaTTmDQQKKUPm1xInUgqNd328mx8h7ODHxoaBVJ8aW50aoaxtBU"
    "CS/VoADsnMPRkA0Klwe1do0Ub8NvH+SfiMT91f2VKhfgEPSV2r6HxOPTif4om6BfjXZD0l"
    "rdn3+3SRumHyKxN+vM0cFkQLc3RzNvrxfKAgnlDrbkF921jBGnvEsVhrScduds2P5+st1K"
    "VThQ3+iq/DvOOMw7tR5lSL+oYP+NSyUU1caiMC4N0zX1Ll/xG3Oa8aesviBuFPqcv/qwYd"
    "fXY/u6Y5B7UOfpY0TcIlocThMsDhpvnH54EvHPYZHuozCCp+ID+rVft5gMsuag7gnP0MuH"
    "81zT8T4aCvzhcLSWb0nq1PAU8YMBeHm2aZk0774Vq2aQ0r/HABD5xa6kVKoEWv+qJX8qJu"
    "Av63m+urYsDzNOsyF7cC8j/1uvcKewSjGvt1mNdEKJxgHXvtcX6Czsf2eJxb9vb1mOd5Aa"
    "mmDpQn3UEXapdeewBf6OHVzScBcYW2mV+pj6J1Xq9N2Cn8t1U+C7aGYiV0fXEfUrHvJrQ7"
    "6PUZ1A6g4hvlUvJpTP/Trx+Zky7VMrwjrf0ymq2DclkZ9F8PYQhJYKuwh+SQfdgskh/czD"
    "oSLwtCb2GREGC5ZBh+bJrR0xxlVpAhtlO0YqAVhAeSiIU7JFIAFcYZ2zZMqowpFjywVBHL"
    "En6jInOXxMLp0LQynjHuE25LQn3ViyOFjyYS+LCYcWuGTUuyYD5OwW1tFOnI2TqsMIrMs7"
    "VaU0vfWUlv6R6ktfRvzokea2y439ZUH5BEe6ua6w/WrOgNayDUZq6RbkG+rVybW5st81cF"
    "AZt7ZQ6ruPMh0Sw3rIlQ9ouSsALmgmw1ZxNhLwFDzmz1MZihlCU5LCAlgy2A0TB+wkAHOy"
    "IgWoFgBTLTEnpmAuQuG/7SYEgourBsDpJcoKWpjuw0VdJUmmi4yocLt8TDlI5f4wR3uyhA"
    "DZQO9cPxi5dvXr49ef3yLQxRD5q2vKlgwcXVuLXRO+3c0NsuD5WG72wc1t/sYAltHpy7gb"
    "8sOVuy/oeOl9WRTU6Ym/QgUar7Ag4HGxT3IZks8diYq3MjEOroSA4VSUBswW7mqvZIRXeV"
    "gi/JVJErWwC0ol7vCnLHllIfNj04bKhVbBGvyjQssSNqTaIs8S0Qdb09ika7e7YHWYaTfz"
    "OrrlYcU2mgtwdae4sPDjn3UBYCYaHAw1MR9O+NMiIdfFY/+AzPzDom7WS8Djp7Iubsg24z"
    "/bJmt0Z5u3DveUBjbhQob7n+YbXyxldHNvLZuiTe6AmVd8wmwH209K3GsBPTBH0tCKVpvi"
    "Mec9E5OySYrOzBah4Sn6FMA9TCJxaaox2m3azdOffLdTU2p9ypw4eUoH+a2snx8y0Ah1Gl"
    "gKu+tToZol5sfzJeS1f1patoC6uDdkbRi5I7TzeNtWUbS0dEqa3yWNsjP7dse+uZ/LxiHk"
    "DBs3Y8eUylY0I6Zft6Gpi3OI6/ZQzYayB/vEU8Csz9TtJf3YLbFfd0iTpgoW3jMtYOq6wa"
    "iQbZNAYdyDNPtOeLOZfMRhOGR5eOoHaUgi8ZdRjGM3EHY59gMA/kUFXKhk9zuiQz4diEEl"
    "XUa6ic2BiItYyC2xEmGef2Z6YRnESZRiRzAzSG3MLD4JePyEL4dyomHh4Mem2JXzOj6k8g"
    "MPqKObckdAN4etO0HAoyj22ozzqPvzPHyLDCltIeQbltemmPJeX2ZDdrph+M6T6zuMdZUU"
    "hl+a67QtQLc9MBzKcYG40ZiXWAztP0EOfXL7eA+fXLUpSxaxVkR1i0yEpdDnFG0Qc79do6"
    "3kZUOCmXFE42a8JHcmkdw3SOpBdLuC2ugIq4rX65AlbX9IvXW6zpF+snaramsWstAjFKWy"
    "mAuDSpIE9yuLyC5/sC+JGTCmxQ/eoLkUClfSgd8KHk1f3a2mFE/Cmh7Z8npU+sRstQgxcZ"
    "yfrqKOsTex0qA4P5vqhVLRupzhOiPojMOtJAn5L9Srm7ZPOJMroXeTWivuEDfo1sVNPrPK"
    "NKw99J4jnUUtVuNsoNE9PEGLGkzrAl5nP6w78Fd5mtAsLL7+0scNglFaP0xZ1dcjQcNKaw"
    "bYrtoU8e7dV5ggZ+HZXzFAqYPg2MdeRTKyKf9N0kW2Hb2rtJVpZ2oZawvvirdIX1N69hLN"
    "TUF6GHBTY9JjyHoXIwZwFFyTFSEDAhEqs54QUjOsioIzt2leyv/taQ/ZPxWvZv4kV0wmkt"
    "H2I8/lCrvnvCyGrYwVTUMqLG47X9VGuxj7jQ+6vFJqJAnZcsT6NftCa31y7nDL7bsEIZiH"
    "mJSlsZ+KPoz2LyvRa16R0nangTcqEs3MAKs49010FnGbN5x8FG4o6CYGecVutfdOy42Aqs"
    "yBO0M1CZ26mPIHmhD6+d3P2OkQ/xRD168/ZryvhApbxjJaVFk85htQHDyw1rZrv4O5uMwm"
    "DmEpAwbTjyOHXQfpF9gpMzMmKgKv/6ZejDJKbphROHWwZ8N3TiXSBn1zfnWDwUvaVoPbMB"
    "oZhEWzw6oxa2xOLRzg3icNJr+nLVklkV1a8RkTY0NVPPs02vzp6TEV782EvL04uTrfJdcF"
    "h59PrJZs6LqnBf5JE55dPqsvisKIiv04Xx/3R8fHLy5vj5yeu3r16+efPq7fM0mH2zqyqq"
    "/fTiZwxsX2FDQaQ7u+cWi6CrsctEZOOYSm8zDbYZFCAxCt0rWPZCOIy6xdBHdJ+8AuAnQN"
    "cv5E+vr9+vIH96sQ7tp8vTc9hzFBtgEA9KVjp8oSs94RfZFiqud1+h0mJMl63dLWNEj43d"
    "lE7DeqbWjEK/Y/XfMR2udfBwLR1C1O0QotRQWWx4y5kxKy1v+XHNTG8ynKSDsIoRxSvipg"
    "4jsfdpiCFFIs1HwCFxw0oqAlZHGkGvg5fxwiM73FIdZOGDSBTd6ev5wg6t4DtJuD2EL3LZ"
    "AgbjVFEviPTf6Wt/urI5DSvsdMX6HLLh3A3nG3vTqsjbAa1ucPPp9Obs48WH8cX1Fb4SIM"
    "cYKLgMGnDk8RPyK/3NFQak3f3MLTsmDnMzUPpo9a8HSkkf0bffIovdXhCPj5G6wRQRlY6h"
    "aOwPwPO5NuhAoyHvTBH7J453e2xFbbOR9thY1J6qjS17+3rMc8kKY/xKnX3p+Eauvrbx9Z"
    "GrVVmh72OhG4/5XNgGcwtEhAd2z2iGD2qCc7dIXtjP+6Src+xS+ea+WXkjVQDnXtc46gSn"
    "v332e7ve4l4mvz8JiFuc+94u/HuV+t5NaFvvtlLn96DSdxUNGW7nwMoGN7zYVAkj6Jmiie"
    "MK3U333E7u4cALQqi6tzT0sHTWeMYItzGkPHZNqbHfSWCIugtkCuwZ4oUdMOIOTkdXO6Y6"
    "stEPKxxTCZ/rsCJP02an1LfHPXeiWkqna2JVSUh7a0vrk3qga3H2lMk1smf3K3HcMClLy+"
    "wknQ9IGTI3rIl8cSPmbCLsJZEgpKp704dERPU4o0j0YXqZV/ZCmGZ8ZZi6VMw01R1jWKbT"
    "5lMmg0gCCWY+YyQCA6UXX0TZsMRnUeKokk7QYhLdTZbJMuwLCE4ugPYO7xOLJx2SxYzBly"
    "ajoqvMcApJnSAidhiF77r1xTy7jozI0LIAJOGTZxIeyDQtkMiPYtzkkc9u4UfNTPN7LQV1"
    "5jTWt5Npn0cr/Vya6QdjupbPeiqfraQWoWRQ51hNCXqXIroXZZZ7yA1gWK1QHO6NMiIdjd"
    "MwqwTUgqKrFcthR6rRdJerFZ847HweRforYWFSkPxfIa7nSE+bVwBoGQMOsMOAQsrvmbGD"
    "szWa4fpQLte+MUAFNMDW0UQ8RtpPsr9xYH0SlTyf3XMRSqO2zJRQjneSndrljjzAi6UMWo"
    "1eq5hSv1Xtf6sSq6WBVsY6L1VCeBPT6dOqpRFCLdPedb71gQHvfODKeCF+AhlZlNzqlnUP"
    "q11JwcrAne92g211hjW7LBoIlTf9LvLWMOowG/5YPgsyH07UipCEHrEEfJd2x3RkaxlWuG"
    "MiNtcxcmQUvQhI+Ra1r0LPUG9QHdgjurOETGPfAPt75nP4soJ9p7LsWJ6sWdmxlomJFbg/"
    "YtWxW8rhyDAi9KKKHIaqXLgJf2nyUzTHb7kpzpIZdDrUJuSOiArrNbnePaLVt7t3QuvNbI"
    "YyYEVlFCuqhyY2w5uYskcv0oEriLZAF+6j/3On+L+H1GZQgcYC/tm70vxNObMfnXlHPVgh"
    "WagCJxhXab8JOxvWGovU3ijykc1BrCCxXx2TLCRowCq2kjgC64JZoOz9mVCCN1ZjaOTVp/"
    "fvyRwERElMEx/ENLX225HdZFih/epgxCcYl6aDEZ8g0/V9pQe0s6jztc7xlhL0Tig+OX6+"
    "xTEGo0qPMdVXgK/R0JqliH/b2aTVaI2nLZ01avE5SLd1NpKUoA/+5W8Rhlm8c1dr2I9691"
    "KLdpO9ePRtLj2HLo1ysCsuQ4loPz025k9snaOeWQf2ZLzGuokDznVrH5oZ0eEcQN0/LAE1"
    "A1QKWVTZpsrT6X5MifQKb7TCjTiFqq6GC6TnGaWug9diF1CwEMatCgcymIto193T0nCi84"
    "xc727b727CnQjq2/AgAOrcU6bzehzIZjjLTaB5sD0P9DX3bTl0HGHRekJsRqHxboA3RgDs"
    "nruF04x0/tYeXdT5TDsV/rTzRfMjKw2j6qYhevOi+ZWERG5Ys8Ia2TVh4rDsOxjLshVI3L"
    "3nUf7KzjhdpFP1dUVF5Yx2BupSTdNXkDwq5R1b7ozSh2ie3sIUVw3dHafc/Xk93KCS+l27"
    "wpQrs9aX5VQr26hI4S/HNIlu2wbZlbyjnqzA2jFp+dDyQWFs2sqIYXWM2v362Ib3YqpbMH"
    "8IJUvSsNLSexKrCweCyLgsYL4CH8avmSa3MakLAPBNE2vyAWFUSXgh/GAWjbmnTsh0DFtn"
    "1I0hKY9hy/hdjxl5qv7l5b56cbwF9DCqFHrVt5Y/hK9NHRNHSqDDiJqEEekCcv13Y7QnBL"
    "dlMk6PgzHbE4Greb5Pnu+UyPOYmScjkMut2aBQvo/7HpDsaTaqgUwfNz2yqF2a4VcoaRfk"
    "9cV8a28o7aOkx5aLzqCuJbaFbeXmHEkvZLpDFBj0ChJUK6oJekVZqX1A98XzbWLBYVQpuq"
    "pv7QZM4QaFZUr/dnN9VSI4ZSTrRyi3AvI/4nDZYe9SEbgIRrV+sq6KrJ2AOMHprrmpux5p"
    "X/8PioHUSw=="
)
