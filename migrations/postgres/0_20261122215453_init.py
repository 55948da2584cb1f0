from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "organization" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "slug" VARCHAR(255) NOT NULL UNIQUE,
    "logo" TEXT,
    "createdAt" TIMESTAMPTZ NOT NULL,
    "metadata" TEXT,
    "paymentsCustomerId" TEXT
);
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
    "organizationId" VARCHAR(255) REFERENCES "organization" ("id") ON DELETE CASCADE,
    "userId" VARCHAR(255) REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "purchase_one_owner" CHECK (("organizationId" IS NULL) <> ("userId" IS NULL))
);
CREATE INDEX IF NOT EXISTS "idx_purchase_custome_5b55ed" ON "purchase" ("customerId");
CREATE INDEX IF NOT EXISTS "idx_purchase_organiz_949b47" ON "purchase" ("organizationId");
CREATE INDEX IF NOT EXISTS "idx_purchase_userId_3e611b" ON "purchase" ("userId");
COMMENT ON COLUMN "purchase"."type" IS 'SUBSCRIPTION: SUBSCRIPTION\nONE_TIME: ONE_TIME';
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
    "eJztXf9zmzYb/1d0/mXtnZtrkzbtsvfeOydNt2xt3GucbrdlBzIoNiuWGBJx8279399HAg"
    "zGQA2OXcD6pY0lPQI+j/To+Sbpn57HuJj4hB8MLIsFVPRO0D89imcE/lit7KMe9rx0lSwS"
    "eOyq9jjVbMyFjy3Z3y12OYEim3DLdzzhMAqlNHBdWcgsaOjQiaQfUoLm+B45FN0yHzH46R"
    "GfM3qCxBT+xpzPmW+jR57P7hyb+Mg0LZ/YhAoHu6b5GAEVpshRJeIeYYEwihsfyPcKqPN3"
    "QAzBJgS69OGpf/zRi1sYjq3ePfwM+evPP+G3Q23yGT4V2sqf3ifj1iGuvQRVSKnKDXHvqb"
    "KzKfbfqJbyQ8eGxdxgRpPW3r2YMrpoDjjI0gmhxMeC2CnoJFgRyHFR+CFQIPyALF7STgps"
    "cosDVzKg95/bgFoSdzRjNnH5wRhzckDJHD7xv9HLpZobxuVwZFydjwyjtw7foiKLUclzhw"
    "quoJnhz4ZL6ERM4efhixdfwgclGIXN5BM/Dj6c/TT48AhaPZaPZDB0wiF1GVUdhnVfVCdY"
    "4LAbxZOECTAWJHAGFqvMeA01wpmRfIZElAORwxc7ojyI/6jDpbggYVMyLWLgY2i3wQz4Pn"
    "tI3ftofJTwYnTx7vxqNHj3Xj5uxvnfroJvMDqXNYeq9D5T+ug4w7ZFJ+jXi9FPSP5Evw8v"
    "zxW8sehItxv93pPvhAPBDMrmBrZTQzkujVGDlgnTA8+uyfSIUjO9fUxPiegKYjeiunhA6f"
    "utWbwtIZtSApYXx3Wxjsk02FXAhhFKOAf15BOhq2iPyGdROLKBbhST1YI7mndNQbtMWp3/"
    "NloSVDGmj94Nfnu8JKzeDi9/jJuneHD2dniagd4ntyCfptWxjwg1+BuA79jVcXdsDfkGkK"
    "dFjUE+ew4M4hpKVErynIedPJg+1SIGNUh9ijEp1Z+WhN0G3E/LPs3+1rCfW8wjVWTtgkBL"
    "2uqSNvZbVQE8TaMxr6FQcB4Qv5I6saDQeFfHu/4SQna+bKw4SPWqsdaqEfDKXgBJsl0PwC"
    "6ZuSUHgAwq3H7K9WhL/FbxfsN84kzoL+ReoX4BL4mplbc+LyI411FH7QL8Szye4tLk+T6e"
    "L8Iw6ZEJH28Tl4hwYA6uzgavz3sK4jG2Ps2xbxtLWMsadsgyJYu2q1Wzw1m2BFM8UdjIr/"
    "jSTwfOHJgbRUG1sK7/lZha0qpOSG2AALw74nOs4j/sNhVVk9GyqID5E0yd/6lGBzf0hprm"
    "DMw6+CxumsjhCCPX4UI2N81/bno+c8kNvNQNKCq+4Ddq1N705LALiwWsszeA+xfT/AExV8"
    "bqfDbnaIrvSLYLeENBqGxumkVBOh2Ha5jQ6pfE4YQj3ErmxYJAq17VVa94oq4C/vPV8DIf"
    "8DRNVudyLIH+VdO9U9hLMMqxz8KcUaFkB1nsdcR5D4OPzYk4N2z2dZjnaQWpog2UJt3AFm"
    "qWXbuDWOjuzc29gLjE2kyP1AexOoeZDluF/7rGZ45oyDdCs4N7l4Z9O6FtrF1/Qe8cgaPP"
    "zrHtU/X9cvveWW5Zy8anCBYy6BjMdP6J2AgAZTIPdsmqB6sbRpMIwKA/QR6hNlD3kQzfej"
    "Bq+sgnfxEL/pJeAUuOOpfY2hpviVDvl1jjZIYdtwofFgTd89keHT5dA3BoVQi4qstkDrFq"
    "3o64vXZ2VHd2hCKsCtoJRSeSEPc3sNcwwdIS43atyF5z3FgNE28d9mgoxbOyhR1R6ZhuBU"
    "fGt/cd7QfmDfZsNIwBW3VtRCJil96NlsK7LIKb5eF4R2ZjZezneDeiun65Z2OWtKq7GTjM"
    "U/iOI8/FFpH7gleSFZBpSnsqzlKw2GyGn/zFHEpsFcMs3vWbM7hjf5Pe9ts02d4vcXDs1P"
    "7ed3uwOaZC0zjRYVtBa7D7EP7cD4y1ldAIK0FnNrc7Aro0tHOthOzgL7MVsjOvZq7zxGeB"
    "J5OUPcI8l0jjYEYElppjaCDIHD6EOZLpyTq42RKJXab7q/8r6P5xe6371wm+ucGkypiP2+"
    "9q1LdPGUmj67IJqzKU4/Y6jKyt2Acc6N21YmNVoMokS9PoiVZn7/v9jMCzDSvggs0KTNqy"
    "ffAh/VlEvtXs3s5xYsXWLbYWUgfDOIY1xSInyeY0onzzywfiLnT1IsMs2d/YSsasmGarQS"
    "4FwcY4LeeKtmy5WAusMBK0MVBJ2KmLIHmBD9OO5+3jqwbT+6ijDs287boy3mPOP5H7Xq4X"
    "I67slzswvFSzer6LX8l4EIgpRcmJxgdL5xvDyhk6MaQpf/w88KET0/SCsetYBjwbKuUpyW"
    "fDq3MEP2W0VHrPbEAoItEej9aYhQ3xeDRTQOxOe11Mrko6q6L6JSTSjqZ65nki9KrInITw"
    "4nUnPU/Pjo6fryFjZLNCIRNWZhCXByPnRWROnckFLRjoKaIM0A5dR/Fv2jCH94X/nnx/eH"
    "h09PLw6dHxqxfPX7588erpK2ir3ni16mUJN04vfry4zAx3WbAMvU3uHIuE0FWQMiHZ6H6D"
    "c/mahv+uxYxUIIltBF7OsGfMJZjmQx/SXXs5wI+BrlvInw6Hb5eQP73IQnv97vQcZI5iAz"
    "RyRMFIhwdS7jE/z7dQcjjMEpVWY9rs7W4YIzrs7MZ4ElRztSYUeo5Vn2M6XUsfjqhTiKr5"
    "3WJHZb7jLeXGLPW8pdvVc73xYLxopK4QQxzqXHnjmIo+9dc/N3FAo9MO4ZVdxwpPXZz7oB"
    "Lx8A4zn9mBJb7jyLH78CBK5iS86SysBZX+O679dC0RTv0SP12+PSfZcE6D2YpsWlZ5W2DV"
    "9a6uT6/OPly8H10ML09Q+tcNBZ3GkErMCYr/6tXg07PjdVwdWSUr5eg4XnFzlEWhS9xKm0"
    "efG7Z47CCfKS1VK+KdJn3AiH+D/HjbuqpLLi5VUyxCKp1ZUTtKIFftyqADjYa8NcfA7Dne"
    "zfEgNc1z2mEXkj7ndv94/u13ejbrpMpObvTcC4gbvM+zWfh3aptnO6FtrIv2inBeuMEzru"
    "yXO2h5qlkd/+wVm5Exs+8RhyGjTrftIxaeBBPmQPRRQIXjItNMDis0zegaG3XDpWmiKYMv"
    "RhjZzoRwcYBGU+ly9QlBIRjSo+uzMA8b+SRMWVZOWRdzgVQ38BMLNMcckc/WFFMA7QQ5gk"
    "ed9tF8SuChcas+wtRWXXDsipDYBc2Bo1ufzYAQelXkPFCXqDIfPeJEXo9jwfw4iHDjB9El"
    "m6b5WDuGW7L49Escw9qW2kO9ujm2lGb6zpiuz86t4b5qEI9jkEqZXHBvffGyKja6tb7Jyc"
    "lbMY8dz4huN6ji7nW8QUKkPb4185nALKA5sqsYdkk1iIk07DXurZ6FOSZKWRjnbDspUddT"
    "pKf19540jAE7kDBgkDp3xNjA9Rn2MNyVA7RrDJAWtgGio456LGmveXdjDV1SlTyf3Dks4E"
    "ZlnSmmHG2kOzXLObiDiaUcWrWmVUSpZ1XzZ1XstTSkl7HKpIoJryI6vVo1NF7XMOtdZ/rv"
    "GPDWh5FGc/YGdGRWcJ9AUt0vDyWJpYYb3yoAYnUqd4tbWDCVsX8SRmsIdokN/1k+EUkMJy"
    "yVkAQeshg8S4djWiJa+iXhmJDNVZwcCUWT8/Mb6+IIZ5ChZlAV2EO6s5hMY18D+zviO/Cw"
    "HLlTuuE9TVZvw3vD1MTd7He/xQ4sGUaIXrgXzFBnZqzCX3jGRtjHx1QXZ3EPtc7caBgjoi"
    "M3Dp89f/n81dHx88VJG4uSsgM2ViF3WXikg0wIqexKUrTXMam2epts9TbACuti5G3FCKti"
    "MnzNYAPle8Tgn62ba9+UM9ux1ja0wBSSucZXjHGZ3RWzs+b+6tDgCnPu1OXii/vqHY442F"
    "4qqw+5TO6FtsDM+AFhJG/pkkl5l9dv36IZqCYcmaZ8EdPUdldLpEm/xO7SaXB7mBGl0+D2"
    "kOn6jpYdWvhqfa2yvC0IOqcUHx0+XWMZg1aFy5iqy8HXqOlHUcQfN3am1Brji5LWulOcGW"
    "i3VQTJgqALkc1vkQCYL7nLLewHPW+6QdJkK7Fk2+Gei++NYrBLDoANaa8fGvM9G+c7vT16"
    "z7EeY0orL5oJ0e5CD+1fLAE1A0wKnrfDuSzGRj8siPQIrzXCjWjzTlULF0jPE8qdRB/0np"
    "+ae37mzLhViSgGoRLtqjJtkchynpBr6ba+dGN0zLBvw4sAqDNPuc6rcSDp4SzVgebB+jzQ"
    "V/s1ZdFxmYWrKbEJhca7Bt5yv8rmu4ZkNwO9c2iLIer0Hi+VeLP5pZbWIoGnnY7o8ksI9d"
    "2fa4Ck7/7Ud38+LEjR7ZGbX/2Z3ELZSZj0Falr4RSfHLUpTKkDvroynCrtc8kz+IsxjbPb"
    "1kF2acdLR0Zg5Zy0dFJzLzc3balFvzxH7S7btuZdIOrmjycBJ/EGoMWhbxysVXlkG48OpE"
    "uf/Sbz10zTUZdPAgC+acrT4IDQETLJbc58MQ3b3GE3IDqHrTXmRh8V57Al/K7GjDRV93aE"
    "vnh2uAb00KoQelWX2bkip00VF8eCQKcR1Ukj0keXdT+M0ZwU3IbpOB1OxmxOBq7m+TZ5vt"
    "FGnofceTIAvdya9nL1+6juK5o9TlrV0OmjogdWtQv3a+Zq2jlbMyO+NTeV9kE2ZharzmCu"
    "xb6FdfXmFEkndLpdHG3n5dxtXnKOnZd3p3kX0H32dJ1ccGhVfJng05VccHiiyD0g8+er4W"
    "WB4pSQZJdQxxLoX+Q6vMXRpTxwJRjl9knWFMmsgLKD0033pm66pH35PzGDIUM="
)
