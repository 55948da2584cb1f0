from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "attempt" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "count" INT NOT NULL,
    "expiresAt" TIMESTAMP NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_attempt_expires_75e0e9" ON "attempt" ("expiresAt");
CREATE TABLE IF NOT EXISTS "auditEntry" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "action" VARCHAR(255) NOT NULL,
    "actorId" VARCHAR(255),
    "subjectId" VARCHAR(255),
    "organizationId" VARCHAR(255),
    "ipAddress" TEXT,
    "data" JSON,
    "createdAt" TIMESTAMP NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_auditEntry_action_7b9312" ON "auditEntry" ("action");
CREATE INDEX IF NOT EXISTS "idx_auditEntry_actorId_1d088a" ON "auditEntry" ("actorId");
CREATE INDEX IF NOT EXISTS "idx_auditEntry_subject_f05071" ON "auditEntry" ("subjectId");
CREATE INDEX IF NOT EXISTS "idx_auditEntry_organiz_01a4d5" ON "auditEntry" ("organizationId");
CREATE INDEX IF NOT EXISTS "idx_auditEntry_created_66a04c" ON "auditEntry" ("createdAt");
CREATE TABLE IF NOT EXISTS "mail" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "createdAt" TIMESTAMP NOT NULL,
    "updatedAt" TIMESTAMP NOT NULL,
    "recipient" VARCHAR(320) NOT NULL,
    "template" VARCHAR(64) NOT NULL,
    "locale" VARCHAR(35),
    "payload" TEXT NOT NULL,
    "status" VARCHAR(16) NOT NULL,
    "attempts" INT NOT NULL,
    "dueAt" TIMESTAMP NOT NULL,
    "claimedUntil" TIMESTAMP,
    "sentAt" TIMESTAMP,
    "lastError" TEXT,
    "expiresAt" TIMESTAMP NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_mail_dueAt_1e9cfc" ON "mail" ("dueAt");
CREATE INDEX IF NOT EXISTS "idx_mail_expires_31baec" ON "mail" ("expiresAt");
CREATE TABLE IF NOT EXISTS "organization" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "slug" VARCHAR(255) NOT NULL UNIQUE,
    "logo" TEXT,
    "createdAt" TIMESTAMP NOT NULL,
    "metadata" TEXT,
    "paymentsCustomerId" TEXT
);
CREATE TABLE IF NOT EXISTS "purchaseEvent" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "provider" VARCHAR(255) NOT NULL,
    "occurredAt" TIMESTAMP NOT NULL,
    "expiresAt" TIMESTAMP NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_purchaseEve_expires_5fe711" ON "purchaseEvent" ("expiresAt");
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
CREATE TABLE IF NOT EXISTS "aiChatMessage" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "message" JSON NOT NULL,
    "createdAt" TIMESTAMP NOT NULL,
    "chatId" VARCHAR(255) NOT NULL REFERENCES "aiChat" ("id") ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS "idx_aiChatMessa_chatId_bae443" ON "aiChatMessage" ("chatId", "id");
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
    "seats" INT,
    "currentPeriodEnd" TIMESTAMP,
    "lastEventAt" TIMESTAMP,
    "organizationId" VARCHAR(255) REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "purchase_one_owner" CHECK (("organizationId" IS NULL) <> ("userId" IS NULL))
);
CREATE INDEX IF NOT EXISTS "idx_purchase_custome_5b55ed" ON "purchase" ("customerId");
CREATE INDEX IF NOT EXISTS "idx_purchase_current_765fcc" ON "purchase" ("currentPeriodEnd");
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
    "lastUsedStep" BIGINT,
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
    "eJztXVtz2zYW/isYvTSdUT2JnUs33dkZ2XVbt7GdiZV2Z5sOCZGwhDVFcAnSirab/77ngF"
    "dJJCtSlkzSeIkjAgeivoPLuePPgfyPwwN2NLIsEbrB4C35c+DSOYP/rDcNyYB6XtaADwI6"
    "cVRfmus0kYFPLRzrljqSwSObScvnXsCFC0/d0HHwobCgI3enSH/tMrKgS8Jdcit8IuCjx3"
    "wp3LckmMH/qZQL4dvkmeeLe24zn5im5TObuQGnjml+TYCKuoSrJ8GS0IBQknQ+wvcKXf6f"
    "kBmBmDIY0odv/f33QdLD4LZ69+hn4Kc//oDP3LXZZyaxL3707oxbzhx7BaaIUj03gqWnnp"
    "3NqP+D6ok/dGJYwgnnbtbbWwYz4abdAQd8OmUu82nA7Bx0CFYMcvIo+iHwIPBDlr6knT2w"
    "2S0NHWTA4O+3oWsh7mQubObIowmV7MhlC/iJ/4hfLtfdMK6ux8bN+dgwBtvwLX5kCRd5zt"
    "1AKmjm9LPhMHcazODj8atXX6IvyjCKuuE3/jr6cPbT6MMz6PU1fqWAqRNNqau46Thq+6IG"
    "oQGNhlE8yZgAcwGBM2iwyYzvoSXgc1bMkJhyFBTwxY4pj5L/NOFS8iBjU7YsEuATaPfBDP"
    "h99rXrLOP5UcGL8cXl+c14dPkev24uYZkr+Ebjc2w5Vk+Xa0+fvV5jWzoI+e1i/BPBj+Rf"
    "11fnCl4hg6mvvjHrN/7XAN+JhoEwXLEwqJ2bysnTBDXomTE99OyGTI8pNdO7x/TcFl1j24"
    "2pLh5w931sFu9rk82gXjsct8U6IdNg1wEbZiiTEsSTO+Zuoj1mn4PSmQ1044SsEdzxumsL"
    "2lW71fk/xysbVYLps8vRP79e2azeXV/9mHTP8eDs3fXpGvQ+u4X9aVYf+5hQg78D+Nyujz"
    "u3NeQ7QJ7fagz22eMwiRsIUbmd5zwa5MHkqQ4xqEXiU4JJpfy0stntwP383qfZ3xn2S0t4"
    "rM5emxLonbb+TpvYreoAnqfRmDcQKKQMmV9LnEgpNN718W5+hLCDHxsbBlJ9amx1aoSyth"
    "UASfZrATgkM/dkAECnwu1doUUb8dvE+wfhMz51f2FLhfoFvCR1rcLzOfLefIyH6RbcX5LZ"
    "lDzNvt+ni9QJk5+X8NNt5rAgmpajm7PR9+cDBfCEWncL6tvGCtLYIo7F2pO072bT/Hi+/o"
    "S6dKqwwV+B75y4zDisi2JnWtQyrPSlZX2auNJGBGC7Z76kyu8jbnPeNPSSxQ+EP6Uu/6/q"
    "dPTJ/eSa5hzUOfhB0jQJl4QSh8sAu5vmn58GvnDYJ3ipTyCg+IH8pGbrpwFOt+hxAOfrJ0"
    "D8i2l+R4SDPjpfLCSZ0Xu2PgS8YcBc7G6aZc457X9r2WY1rPC/BTxwaqkVKYEWueqLXMlC"
    "3QT855vrq2LA8zTrsha3AvI/tdx7hT2CUY39OsxrohMOsI699jQ/QadjezzNLVt9PeZ5Xk"
    "CqqfvkSXfQgdqlzx7AB3p4NfNJQFyhZeZn6gNom9drw3UK/W2VzoKNoVj5XJ/ah1Pnuwns"
    "Dtp8BrQDqPhGuYR8GtP/8MsH5qQTtRjtSFu/jMbqoERWBvyX/Rs/EtBKbSA5VP/KFJLv2s"
    "wiEk8HQm9hchBgtWQYamya0bscZZaPIT6naLlAywcPJBELd0ikACqMKbZtGFQZUCwQN6SK"
    "Tpbw+xSZuyQWDofmlPGMcZ9wWxLqq1bsKXw0i8CHxYxbM3y0JAvm4xDc3tIQ8vsAvyNeJ0"
    "mgsraMPK4MU24ZmWeTt6aqvrOm3tLtSKvqj86JHqttuc1x250PSXSw6g5ahDUrWmK1hdvM"
    "OdIxxLcVcHNzs1XuqiBgc6/YXxU3VUtpuU5N5LOflLAVMBfErDmbCHsJ6HFmq4/BDAUuyW"
    "HmKHFsATyG/hMGStgRASkLZCwQn5bQMhMggtnwlwZDQtGDZXMQ6gLtYerIFlMlR6X5hat8"
    "uHBLHExp/zVOcLeLO8xAqVLfHL94+ebltyevX34LXdSLpk/eVLDg4mrc2qCddkYetF0SKo"
    "3a2TilH+lICW0enLuBvyw8VbLW6oNltV+Ts+UmPUKU/r6AY8EG7X1IJks8MObqxAiEOjSS"
    "40QSkFSwmbnqeaSnu0rLl2SqyJVBAJ6icu8KcseWUh8zPThmqFVsCq9KLSwzIupAt5JMt0"
    "DUdfMoGu3n2R5kGU7+zay6mnBMpYHeHmjtJj445NxDKQgEpQL3TkWUvzfKiHTUWf2oMzwz"
    "65ixk/462uyJmLAPus30y4LdErXtwr3nAY15saG25VqHVWobX+3XyGXrkniLJ1TeMZsA39"
    "G6txq2TkwTNLUglKb5lnjMRd/skGBesgfzeEh8htIMUAufWGh7dti2XlatpT3+iV+upbE5"
    "5U4dPqQE/dPRTo6fbwE49CoFXLWtlcQQ9cL5k/5arqovV0VbWB20M4peOCyfbsZqyzaWjg"
    "hRW6Wstkdybtn21jPJecUwgIJn7RDymEonK3fK6vU0MG9t6H7L4N9r7H68QTwAyP3Oxl/d"
    "ftsU4XSJ2l+BReMy1grLbRmJ3tg08BzIM8+z54s5l8xGw4VHl46gdpRrLxl1GEYucQejnK"
    "AzD+RQlcKGT3O6JDPh2IQSVbVrqJzWGHK1jCLaESAZJ/FnBhEcRBlEJHMDNIHcwsvgl4/I"
    "Qvh3KhAeXgxabYlfM6PqTyAwzoo5tyR0A3h707QcCpKObajPOmG/M4fHsMKC0h7xuG3aaI"
    "/l4/akMWumH4zpPrO4x1lR8GT5rrtC1Asj0wGMphgFjemHdYDO0/QQ59cvt4D59ctSlLFp"
    "FWRHWLTINl0OcUbRB+v02jzeRlQ4KZcUTjaLvkdyaR1zdI6kF1O4LQ6AijitfjkAVuf0i9"
    "dbzOkX6ydqNqexaS3iMEpQKYC4NH0gT3K4DILn+wL4gdMHbFD96guRQKU9Jx3wnOTV/dra"
    "YUT8MaHtn/+kT6xGy1CDhYxkfXWP9Ym9DpWBwXxf1CqHjVTnCVEfRGYdX6BPyT4l112y+U"
    "SZ3Df9GVHLsNKjkfVpelNnVEz4K0k8h1qquM1GRWFimhgTlpQStsR8Tr/5t+Aus1Xod/mV"
    "nAUuuqQwlL6Ts0suhoPGELZNpT30maP9OU/QtK+jcJ5CjdKngbGOdGpBpJO+dKS7l46sTO"
    "sC3WB92pdrCOvrrWHs09QXoYdVND0mPIehSjBnAUV5MVILMOER6zThzSE6qKgj+3SVxK/+"
    "1pD4k/5a4m/iNXTCaS2fYdz/ULO+eyLIapjBVNQymsb9tb1U664PONH7q7smokCdRZan0Q"
    "utyXW0yzmD7zasUAZiXqLIVgb6KPqzmHyvRWt6x4ka3oNc6Ao3sGrsg1xk0Fm2bF5gsJGe"
    "owDYEaXV+hYdOyq2giry/ewIU+Zk6iNEXujDgpO7Xh3yPh6mR2tun8aL91TKO1ZYLDRpGl"
    "aZLLxcp2bWit/YZBQGM5eATGnDIcepgxaL7BOclZHZApX31y9DHwYxTS+cONwy4LuhEa/4"
    "OLu+OcdyoOgVRTuZDdjEJNrG0RlFsCU2jnZuDYeTV9PFVUtKVVS/RETatNRMIc82vTp7Tk"
    "Z48X0vbU0vTrbKaMFu5fHpJ5tZLapafZHv5ZRPq0vcs6IwvU4Xuf/b8fHJyZvj5yevv331"
    "8s2bV98+T8PVN5uq4tZPL37E0PUVNhTEsrN7brEIuhq7TEQ2jqn0NtNgm0HREePMvYJpL4"
    "TDqFsMfUT30SsAfgJ0/UL+9Pr63Qrypxfr0H68PD2HPUexIZaNC2c6fKErPeEXWRMqbmpf"
    "odJiTJft2y1jRI/N25ROw3rG1YxCr7H6a0yHZR08LEsHC3U3WCg1TxYZ3HKmywqLW75XM5"
    "ObDCdpJ6xPRPGat6nDSOxnGmLwkEjzDbBL/GAl1QDrHo2g1cG7deGFQflXDWThw0tHV/R6"
    "vrBDK/hKEm4P4YtctoDOOFTUCqL8V/oCn65sSsMK+1yxHodsOHfD+caetCrqdkCbG9x8PL"
    "05+3DxfnxxfYVLAuQXAwWWQQOOPHyqfaVnucJwtLtHuWUHxGHu+Elfrf5FPynpA3rxW2Sp"
    "2wvi8TFSN2wiotLREo39AHg+1wYdaDTknSlK/8Txbo+NqG220R4bidpTj7Flq6/HPJesMJ"
    "qv1MmX9m/k4msbXx+4DpUV+j6WsPGYz4VtMLdARPiL3TMa4b0a4Nwtkhf2s5503Y1datrc"
    "NytcpErb3OvqRZ3g9ONnt7drFfcyuf1JQNza3PZ2od+j1PZuAttyZ5U6uQcVHquow3Abt1"
    "XWteH1pEoEQX8UTdxV6GS653ZyrwZe+EHV7aOhhwWxxjNGuI0B5LFDSvX9SgIr1N0eU2DM"
    "EC/ggB53cCa62h3Vke19WOGOSvhchxV5mja7oh4f99w5ailNroktJSHtrQWtT0qBrq3ZUy"
    "bXyI7dp6xxw6QsKaCTNFXKFzLXqYlkcSPmbCLsJZEglqp7z4dERPU1o4jzYXotV7YUTDO+"
    "/EtdD2aa6rYwLLtp8ymTQSR7BDOfMRLBgHKLL6JcV+KzKC1UySVoIYluGcukGPYZRCYX4H"
    "qLN4PFgw7JYsbgS5Ne0aVkOISkThARO4zCd936Yp5dLEZkaFkAkvDJMwkvZJoWyOBHMW7y"
    "yGe38KNmpvm1ln86cw7re8a0j6OVfi3N9IMxXUtmPZXMVlKIUDKoc6ymBL1LBd2LGss95A"
    "YwrFboDfdGGZGOvmmYPQIKQdElieWwI9VoussliU8cdj6PIvuVsDApSPKvENdzpKfNM/1b"
    "xoAD7DCgkPJ7ZuzgXI1GuD6Ui7VvDFABDLB1NBGPkfaj7G/cV59EJc9n91yE0qgtMyWU45"
    "1kp3a5IA+wsJRBq9Gyiin1qmr/qkqslgZaGessqoTwJqbTp1VLI4Japr3rvGodqrK9+2i8"
    "ED+AfCwKb2fLGodVLqRgpdvOd7TBdjrDmlwWDYTKj34beWkYdZgNfyyfBZnvJnqKYIQesQ"
    "R8l3bDdGRLGVa4YSI21zFuZBS9CEF5jNpWoWeoFVQH9ojuLCHT2DfA/p75HL6sYN+pLCuW"
    "J2tWVqxl4mEF7g9YVeyWcjgyjAi9qPKGoSoTbsJfmuQUjfFrboizZASd9rQJuSOiwnlNLm"
    "iPaPX97J3QdjNboQxYUZnEiuqgia3wJqbs0UI6cIXQFujAffR77hTx91fqMqhAYwH/7FlZ"
    "flS+7EdX3kn/VTgWqL4JvuVab8LGhrXEInU3inRkcxAnSOxHx3QKCZqviqUkjsC6XxYoed"
    "8RSvDGaQyFvPr47h2Zg2AoiWnii5im1no7sosMK7ReHXz4BOPQdPDhE2S6vnn0gPYVdb7W"
    "Od5Sgt4JwyfHz7c4xqBX6TGm2grwNRpasRTxrzubshrN8fRJZ41ZfA5ybZ2NJCXogz/5Mc"
    "Iui3fuas36Qe9UatFushcPvs2l59ClUQ52xSUnEe3Hh8b8ic1z1DPrwJ7011g3cby5bu1D"
    "MyM6nOOn+4cloGaASiGLKtdUeTjdDymRnuGNZrgRp0zV1XCB9Dyj1HXuWuz6CRbCuFVhQA"
    "ZzEe26e1oaRnSekevdbfvdTbgTQX0bXgRAnXvKaF6PA9kIZ7kBNA+254G+sL4th44jLFpP"
    "iM0oNN4N8EbP/+65WjjMSOdr7dE1nc+sU2FPO14cP7LS4KlumqE3L45fST/khjUrrIBdCy"
    "QOU76D8StbQcTdex7lquyI0kU6UF9nU1S4aEeYLtUgfYXIo1LeseWOGL2PRuktSHFV0F1R"
    "yt2J18ONKanRtRtIuTJqfZlKtTKKilT8ckSTOLa/xnUlu6gns69m9Fk+gHxQEIW20j6sik"
    "a7X+/Z8IZLdZ/lN6FkSaJVWlRPYsXgQBAZF/zL19bDSDXT5DambcFP900Tq+0BYVQdeCH8"
    "YBb1uadOyHS0WmcUiyEpj1bL+F2PGXmq/mXcvnpxvAX00KsUetW2liGEy6aOMSMl0AFDTQ"
    "KGdGm4/jss2hNs2zLppsdhl+2JtdU83yfPd0rVebjskhFI5dZsUCDZxy2VMj3N+jSQ5uNH"
    "Dyxkl2bvFcrYBTl7McfaGy77IKmv5UIzKGqJNWFbiTlH0gtp7hBFA72C5NOKCoFeUcZpH9"
    "B98XybeG/oVYqualu7xVK4QWHp0Z9vrq9KRKaMZP3w5FZA/kccLjvsQyoCF8Go1kzWlZC1"
    "sw8HON0173TXw+zL/wHwRJUl"
)
