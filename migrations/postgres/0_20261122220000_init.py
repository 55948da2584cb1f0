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
CREATE INDEX IF NOT EXISTS "idx_aiChatMessa_chatId_bae443" ON "aiChatMessage" ("chatId", "id");
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
    "eJztXWtz27jV/isYfdnsjNaT2Lls005nZK+3625sZ2Jl2+mmQ0IkLKGmCJYgrejd5r+/54"
    "BXSSQtUpZM0vgSRwQORD0Hl3PHHwNPyGDqM3k0siwRusHgPflj4NI5g/9sNg7JgHpevgkf"
    "BXTiqP40120iA59aON4tdSSDRzaTls+9gAsXnrqh4+BDYUFH7k6R/tplZEGXhLvkVvhEwE"
    "eP+VK470kwg/9TKRfCt8kLzxf33GY+MU3LZzZzA04d0/yeABV1CVdPgiWhAaEk6XyE7xW6"
    "/L8hMwIxZTCkD9/6+++DpIfBbfXu0c/AT//+N3zmrs2+wk+FvvjRuzNuOXPsFagiSvXcCJ"
    "aeenY2o/7Pqif+0IlhCSecu1lvbxnMhJt2Bxzw6ZS5zKcBs3PQIVgxyMmj6IfAg8APWfqS"
    "dvbAZrc0dJABg7/chq6FuJO5sJkjjyZUsiOXLeAn/jV+uVx3w7i6Hhs352PDGGzDt/iRJV"
    "zkOXcDqaCZ06+Gw9xpMIOPx2/efIu+KMMo6obf+Nvo09kvo08voNf3+JUCpk40pa7ipuOo"
    "7ZsahAY0GkbxJGMCzAUEzqDBJjN+gpaAz1kxQ2LKUVDAFzumPEr+04RLyYOMTdmySIBPoN"
    "0HM+D32deus4znRwUvxheX5zfj0eVH/Lq5lP91FHyj8Tm2HKuny7WnL96usS0dhPzjYvwL"
    "wY/kX9dX5wreZOvI9xv/a4DvRMNAGK5YGNTOTeXkaYIa9MyYHnp2Q6bHlJrp3WN6bouuse"
    "3GVBePuPs+NYv3tcnmhIDVw3FbrBMyDXYdsGGGMilBPLlj7ibaY/Y1KJ3ZQDdOyBrBHa+7"
    "tqBdtVud/3O8slElmL64HP3z+5XN6sP11d+S7jkenH24Pl2D3me3sD/N6mMfE2rwdwCf2/"
    "Vx57aGfAfI81uNwb56HCZxAyEqt/OcR4M8mjzVIQa1SHxKMKmUn1Y2ux24n9/7NPs7w35p"
    "CY/V2WtTAr3T1t9pE7tVHcDzNBrzBgKFlCHza4kTKYXGuz7ezY8QdvBjY8NAqk+NrU6NUN"
    "a2AiDJfi0Ah2TmngwA6FS4vSu0aCN+m3j/LHzGp+6vbKlQv4CXpK5VdD6nHpzP8UDdAvxb"
    "Mp+Sp9n3+3SRumHyMxN+vM0cFkQTc3RzNvrpfKAgnlDrbkF921jBGlvEsVh7kvbdbJofz9"
    "efUJdOFTb4K74N844zDmujzKkWtQ0f8KllvZq41EYEwLtnvqTK/yNuc1419JbFD4Q/pS7/"
    "P9Xp6Iv7xTXNOah18LOkaRIuCSUOlwF2N80/vgx84bAv8FJfQFDxA/lFzdovA5x20eMAzt"
    "kvgPs30/wzEQ766nyxkGRG79n6EPCGAXOxu2mWOem0H65lm9awwg8X8MCppV6kBFr0qi96"
    "JQt1E/C/31xfFQOep1mXubgVkP+p5d4r7BGMauzXYV4ToXCAdey1x/kZOh/b43Fu2errMc"
    "/zAlJNHShPuoMu1C699gC+0MOrm88C4gptMz9TH0XrvF4bsFP4b6t8FmwNxUro+uQ+pGLf"
    "TWh30OszqB1AxTfKpeTTmP7nXz8xJ52qZXhHWvtlNFoH5bIy6L8dwhCSwFZhD8kh+7BZJN"
    "+5mXUknhaE3sIkIcByyTD82DSjtznKrCBDfE7RioFWEB5IIhbukEgBVBhnbNswqDKmWPDC"
    "UkUsS/iNisxdEguHQ9PKeMa4T7gtCfVVK/YUPppI4MNixq0ZPlqSBfNxCG5vaRT5fYDfEa"
    "+XJHhZW0meVp4pt5LMs8lbU23fWWtv6aak1fYn50SPVbjc5rjtzockOoB1B43CmhUtsQZi"
    "buYs6Rjm24q6udnZMhdWELC5V+bDihsfktZy3ZrIab8ooStgLohbczYR9hIw5MxWH4MZCl"
    "6SwwxSYtkCOA39JwzUsiMC0hbIWiBGLaFlJkAUs+EvDYaEolfL5iDcBdrr1JGtpkqeSnMP"
    "V/lw4ZY4ndL+a5zgbhf3mYFSq344fvX63esfT96+/hG6qBdNn7yrYMHF1bi1AT3tjElou0"
    "RUGtGzcVo/2cES2jw4dwN/WXK2ZO0PHS+rPZucMDfpQaK0+QUcDjbo8kMyWeKxMVfnRiDU"
    "0ZEcKpKA3ILNzFXPI63dVTq/JFNFrswD8BRVfVeQO7aU+rDpwWFDrWIjeVXyYYlpUYfCle"
    "XCBaKuA0jRaA/Q9iDLcPIfZtXVi2MqDfT2QGsH8sEh5x7KQiAsFDh9KvIAvFFGpOPR6sej"
    "4ZlZx6id9NdxaM/EoH3QbaZf9uzWKG8X7j0PaMyNAuUt1z6sVt74as9GblyXxBs9ofKO2Q"
    "S4j5a+1bB2YpqgrwWhNM33xGMu+muHBPOXPZjNQ+IzlGmAWvjEQnu0w7b1vGpd7enP/XJd"
    "jc0pd+rwISXon6Z2cvxyC8ChVyngqm2tdIaoF+6f9NfSVX3pKtrC6qCdUfTCifl8M1tbtr"
    "F0RJTaKrW1PfJzy7a3nsnPK+YBFDxrh5jHVDqpuVO2r+eBeYtD+1vGgL3G9sdbxKPA3O+8"
    "/dUtuF1xT5eoAxbaNi5j7bDKqpFokE3D0oE880R7vphzyWw0YXh06QhqR1n5klGHYTwTdz"
    "D2CTrzQA5V8Wz4NKdLMhOOTShRdb6GyomNgVjLKN4dYZJxun9mGsFBlGlEMjdAY8gtvAx+"
    "+YgshH+nwuThxaDVlvg1M6r+BAKjr5hzS0I3gLc3TcuhIPPYhvqsU/s7c4wMK2wp7RGU26"
    "aX9lhSbk/Cs2b6wZjuM4t7nBWFVJbvuitEvTA3HcB8irHRmKRYB+g8TQ9xfvt6C5jfvi5F"
    "GZtWQXaERYus1OUQZxR9sFOvzeNtRIWTcknhZLNMfCSX1jFM50h6MYXb4gqoiNvqlytgdU"
    "6/ervFnH61fqJmcxqb1iIQo7SVAohLkwryJIfLK3i5L4AfOanABtWvvhAJVNqH0gEfSl7d"
    "r60dRsSfE9r+eVL6xGq0DDVYyEjWV0dZn9jrUBkYzPdFrQLaSHWeEPVBZNaRBvqU7FfK3S"
    "WbT5TRvcirEbUNH/BrZL2a3vAZFR/+ThLPoZYqgLNRgZiYJsaIJaWHLTGf0x/+I7jLbBUQ"
    "Xn6VZ4HDLikipe/y7JKj4aAxhW1TbA998mivzjM08OuonOdQ0/R5YKwjn1oR+aSvK9kK29"
    "ZeV7IytQu1hPXJX6UrrK+8hrFQU1+EHtbc9JjwHIbKwZwFFCXHSEHAhEis5oR3juggo47s"
    "2FWyv/pbQ/ZP+mvZv4kX0QmntXyIcf9DzfruCSOrYQdTUcuIGvfX9lOtxT7iRO+vFpuIAn"
    "UWWZ5GL7QmF9ou5wy+27BCGYh5iUpbGfij6M9i8r0WtekdJ2p4E3KhLNzACrOPdP1BZxmz"
    "ee3BRuKOgmBnnFbrX3TsuNgKrMgTtDNQmdupjyB5oQ/LTu5+7cjHeKAerbz9mjI+UinvWE"
    "lp0aRxWG3A8HLdmtku/sEmozCYuQQkTBuOPE4dtF9kn+DkjIwYqMq/fR36MIhpeuHE4ZYB"
    "3w2NeD3I2fXNORYPRW8pWs9sQCgm0RaPzqiFLbF4tHODOJz0mi6uWjKrovo1ItKGpmbqeb"
    "bp1dlzMsKLn3ppeXp1slW+C3Yrj14/2cx5URXuizwyp3xaXRafFQXxdbow/p+Oj09O3h2/"
    "PHn745vX7969+fFlGsy+2VQV1X568TcMbF9hQ0GkO7vnFougq7HLRGTjmEpvMw22GRQgMQ"
    "rdK5j2QjiMusXQR3SfvQLgJ0DXL+RPr68/rCB/erEO7efL03PYcxQboBMPSmY6fKErPeEX"
    "2RYqbnxfodJiTJet3S1jRI+N3ZROw3qm1oxCr7H6a0yHax08XEuHEHU7hCg1VBYb3nJmzE"
    "rLW75fM9ObDCdpJ6xiRPGKuKnDSOx9GmJIkUjzEbBL/GAlFQGrI42g1cH7eeGVHW6pBrLw"
    "QSSKrvn1fGGHVvCdJNwewhe5bAGdcaioFUT67/S1P13ZnIYVdrpifQ7ZcO6G8429aVXk7Y"
    "BWN7j5fHpz9uni4/ji+gqXBMgxBgougwYcefyE/Ep/c4UBaXc/c8uOicPcDJS+Wv3rgVLS"
    "R/Ttt8hitxfE42OkbjBFRKVjKBr7A/B8rg060GjIO1PE/pnj3R5bUdtspD02FrWnamPLVl"
    "+PeS5ZYYxfqbMv7d/I1dc2vj5ytSor9H0sdOMxnwvbYG6BiPDA7hmN8FENcO4WyQv7WU+6"
    "OsculW/um5U3UgVw7nWNo05w+umz39u1inuZ/P4sIG5x7nu78O9V6ns3oW2920qd34NK31"
    "XUZbidAyvr3PBiUyWMoGeKJo4rdDfdczu5hwMvCKHq3tLQw9JZ4xkj3MaQ8tg1pfp+J4Eh"
    "6i6QKbBniBd2QI87OB1d7ZjqyEY/rHBMJXyuw4o8TZudUk+Pe+5EtZRO18SqkpD21pbWJ/"
    "VA1+LsKZNrZM/uV+K4YVKWltlJGh+QMmSuWxP54kbM2UTYSyJBSFX3pg+JiOpxRpHow/Qy"
    "r2xBmGZ8ZZi6VMw01R1jWKbT5lMmg0gCCWY+YyQCA6UXX0TZsMRnUeKokk7QYhLdTZbJMu"
    "wrCE4ugPYe7xOLBx2SxYzBlya9oqvMcAhJnSAidhiF77r1xTy7jozI0LIAJOGTFxJeyDQt"
    "kMiPYtzkkc9u4UfNTPN7LQV15jTWt5Npn0cr/Vya6QdjupbPeiqfraQWoWRQ51hNCXqXIr"
    "oXZZZ7yA1gWK1QHO6NMiIdjdMwqwTUgqKrFcthR6rRdJerFZ857HweRforYWFSkPxfIa7n"
    "SE+bVwBoGQMOsMOAQsrvmbGDszUa4fpQLte+MUAFNMDW0UQ8RtrPsr9xYH0SlTyf3XMRSq"
    "O2zJRQjneSndrljjzAwlIGrUbLKqbUq6r9qyqxWhpoZayzqBLCm5hOn1YtjRBqmfau860P"
    "DHjnA1fGC/EzyMii5Fa3rHlY7UoKVjrufLcbbKszrNll0UCovOn3kbeGUYfZ8MfyWZD5cK"
    "KnCEnoEUvAd2l3TEe2lmGFOyZicx0jR0bRi4CUp6h9FXqGWkF1YI/ozhIyjX0D7O+Zz+HL"
    "CvadyrJjebJmZcdaJiZW4P6IVcduKYcjw4jQiypyGKpy4Sb8pclP0Ri/5YY4S0bQ6VCbkD"
    "siKqzX5Hr3iFbf7t4JrTezGcqAFZVRrKgemtgMb2LKHi2kA1cQbYEu3Ef/507xfw+pzaAC"
    "jQX8s3el+Uk5sx+deUc9WCFZqAInGFdpvwk7G9Yai9TeKPKRzUGsILFfHZMsJGjAKraSOA"
    "Lrglmg7P2ZUII3VmNo5NXnDx/IHARESUwTX8Q0tfbbkd1kWKH96mDEZxiXpoMRnyHT9X2l"
    "B7SzqPO1zvGWEvROKD45frnFMQa9So8x1VaAr9HQmqWIf9vZpNVojqdPOmvU4nOQbutsJC"
    "lBH/zLTxGGWbxzV2vYj3r3Uot2k7149G0uPYcujXKwKy5DiWg/Pzbmz2yeo55ZB/akv8a6"
    "iQPOdWsfmhnR4RxA3T8sATUDVApZVNmmytPpfkqJ9AxvNMONOIWqroYLpOcZpa6D12IXUL"
    "AQxq0KBzKYi2jX3dPScKLzjFzvbtvvbsKdCOrb8CIA6txTpvN6HMhGOMsNoHmwPQ/0Nfdt"
    "OXQcYdF6QmxGofFugDdGAOyeu4XDjHT+1h5d1PlMOxX+tPNF8yMrDaPqpiF686L5lYREbl"
    "izwhrZNWHiMO07GMuyFUjcvedR/srOOF2kQ/V1RkXljHYG6lIN01eQPCrlHVvujNLHaJze"
    "whRXDd0dp9z9eT3coJL6XbvClCuz1pfpVCvbqEjhL8c0iW7bBtmVvKOezMDaMWn50PJBYW"
    "zaSo9hdYza/XrfhvdiqlswfwglS9Kw0tJ7EqsLB4LIuCxgvgIfxq+ZJrcxqQsA8E0Ta/IB"
    "YVRJeCH8YBb1uadOyHQMW2fUjSEpj2HL+F2PGXmq/uXlvnl1vAX00KsUetW2lj+Ey6aOiS"
    "Ml0GFETcKIdAG5/rsx2hOC2zIZp8fBmO2JwNU83yfPd0rkeczMkxHI5dZsUCjfx20PSPY0"
    "69VApo8fPbKoXZrhVyhpF+T1xXxrbyjto6THlovOoK4ltoVt5eYcSS9kukMUGPQKElQrqg"
    "l6RVmpfUD31cttYsGhVym6qm3tBkzhBoVlSv9+c31VIjhlJOtHKLcC8j/icNlh71IRuAhG"
    "tX6yroqsnYA4wOmuuam7Hmnf/h8cHtoG"
)
