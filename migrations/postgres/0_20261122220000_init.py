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
    "eJztXW1v27YW/iuEv6wFvKBN+rbu4gJOlm7Z2rhonG3YMki0xNhaZVITqbi5W//7PaQkS7"
    "YlzZRjV5L5pY1JHkp6Dnl43kj+3QsYF5OQ8KOB47CIit5r9HeP4hmBP9Yr+6iHgyBfJYsE"
    "HvuqPc41G3MRYkf2d4t9TqDIJdwJvUB4jEIpjXxfFjIHGnp0IumHlKA5vkceRbcsRAx+Bi"
    "TkjL5GYgp/Y87nLHTRoyBkd55LQmTbTkhcQoWHfdt+jIAKU+SpEnGPsEAYpY2P5HtF1Psr"
    "IpZgEwJdhvDU33/vpS0sz1XvHn+G/PXHH/Dboy75BJ8KbeXP4KN16xHfXYIqplTllrgPVN"
    "nZFIdvVEv5oWPLYX40o1nr4F5MGV00Bxxk6YRQEmJB3Bx0EqwE5LQo/hAoEGFEFi/pZgUu"
    "ucWRLxnQ+89tRB2JO5oxl/j8aIw5OaJkDp/43+Tlcs0t63I4sq7OR5bV24RvSZHDqOS5Rw"
    "VX0MzwJ8sndCKm8PP4+fPP8YMyjOJm8ok/Dz6c/TD48AhaPZaPZDB04iF1mVQdx3WfVSdY"
    "4LgbxZOMCTAWJHAWFuvM+A5qhDcjxQxJKAeigC9uQnmU/lGHS2lBxqZsWqTAp9Dughnwfe"
    "6Q+vfJ+Kjgxeji3fnVaPDuvXzcjPO/fAXfYHQua45V6f1K6aMXK2xbdIJ+uRj9gORP9Nvw"
    "8lzBm4qOfLvRbz35TjgSzKJsbmE3N5TT0hQ1aJkxPQrcmkxPKA3T28f0nIjWELsJ1cUDSt"
    "8vzeJdCdmcErC8OG6KdUpmwNYBG0Yo4RzUk4+ErqM9Ip9E6cgGulFKVgvuZN41Be0qaXX+"
    "62hJUKWYPno3+PXxkrB6O7z8Pm2e48HZ2+HpCvQhuQX5NNXHPiE04G8Bvufq4+65BvItIM"
    "+LGot8CjwYxDWUqJzkOY87eTB9qkUMapD6lGJSqT8tCbstuJ+XfYb9rWE/d1hAdGTtgsBI"
    "Wn1Jm/qtdADP0xjMaygUnEck1FInFhQGb3286y8hZO/LxpqD1KwaG60aEdf2AkiS3XoA9s"
    "nMHTkAZFDh9mOhR1vit473GxYSb0J/IvcK9Qt4SUydovV5EcG5TjpqF+Cf0/GUlmbPD/F8"
    "EYbJj0z4eJf4RMQDc3B1NvjuvKcgHmPn4xyHrrWEtaxhx2ylZNF2vWp2PFstwRRPFDbyKz"
    "7384EzD+ZGWVAtruv/S0wta1UnpDZAAN4dCTlW8R92m4uqyWhZUsDCCabe/1Sjoxt6Q217"
    "BmYdfBa3beRxhJHvcSGb2/bfN72Q+eQGXuoGFJVQ8Bs1am96ctjFxQLW2RvA/bNtf4uYL2"
    "N1IZtzNMV3ZLULeENBqGxu22VBOhOHa5jQ6lfE4YQnfC3zYkFgVC991SudqOuA/3g1vCwG"
    "PE+zqnN5jkD/qOneKewlGNXYr8K8okLJDlaxNxHnAww+Nifi3LDZ12Ge5xUkTRsoT7qFLd"
    "Qsu3YPsdD9m5sHAXGFtZkfqQ9idQ5XOmwV/psanwWiodgIXR3c+zTs2wltY+36C3rnCZx8"
    "doFtn6vvV9v33nLLWjY+RbCQQcdgpvOPxEUAKJN5sEtWPVjdMJpEBAb9axQQ6gJ1H8nwbQ"
    "Cjpo9C8idx4C/pFXDkqPOJa6zxlgj1foU1TmbY83X4sCDons/25PjJBoBDq1LAVd1K5hDT"
    "83ak7Y2zQ9/ZEYswHbQzik4kIR5uYK9hgqUlxu1Gkb3muLEaJt467NFQiqe2hZ1QmZiuhi"
    "Pjy/uODgPzBns2GsaAnbo2EhGxT+9GS+FdFsHN8nC8I7OxMvYLvBtJXb/aszHLWtXdDBzn"
    "KXzFUeBjh8h9wWvJCsi2pT2VZik4bDbDX//JPEpcFcMs3/VbMLhTf5PZ9ts02d6vcHDs1f"
    "4+dHuwOaZC0zjRYVvBaLCHEP48DIyNldAIK8FkNrc7Aro0tAuthNXBX2UrrM68mrnOk5BF"
    "gUxSDggLfCKNgxkRWGqOsYEgc/gQ5kimJ5vgZkskdpXur/7X0P3T9kb3rxN886OJzphP2+"
    "9r1LdPGcmj67MJ0xnKaXsTRjZW7AMO9O5asakqoDPJ8jRmotXZ+34/I/Bsy4m4YLMSk7Zq"
    "H3xMf5aQ7zS7t3OcWLN1y62F3MEwnuVMsShIsjlNKN/89IH4C129zDDL9je2kjFrptl6kE"
    "tBsDVOy7miLVsuNgIrjgRtDVQWduoiSEEUwrTjRfv49GB6n3TUoZm3W1fGe8z5R3LfK/Ri"
    "pJX9agdGkGtWz3fxCxkPIjGlKDvR+GjpfGNYOWMnhjTlXzyLQujEtoNo7HuOBc+GSnlK8t"
    "nw6hzBTxktld4zFxBKSIzHozVmYUM8Hs0UEPvTXheTS0tnVVQ/xUTG0VTPPM+Eno7MyQgv"
    "vuuk5+npyYtnG8gY2axUyMSVK4jLg5GLIjKn3uSClgz0HNEK0B7dRPFv2jCH94X/vv7m+P"
    "jk5OXxk5MXr54/e/ny+asnr6CteuP1qpcV3Di9+P7icmW4y4Jl6F1y5zkkhk5DysRko/st"
    "zuVrGv77FjNSgSSuFQUFw54xn2BaDH1Mdx0UAD8Gum4hfzocvl1C/vRiFdrrd6fnIHMUG6"
    "CRJ0pGOjyQ8oCFRb6FisNhlqiMGtNmb3fDGNFhZzfGk0jP1ZpRmDmmP8dMupY5HNGkEOn5"
    "3VJHZbHjLefGrPS85dvVc73xaLxopK4QQxzqfHnjmIo+9Tc/N3FAk9MO4ZV9z4lPXZyHoB"
    "Lx+A6zkLmRI77iyHP78CBK5iS+6SyuBZX+K278dC0RTv0KP12xPSfZcE6j2ZpsWlZ5W2DV"
    "9a6uT6/OPly8H10ML+WUAD3GkopLrwZHnr7YxKmxqk7lXBov1hwaVfHmCgfS9nHmhi0Te8"
    "hcystPTbzzpA8Y22+Qx25Xl3LJZUQ3mSKmMjkUteMBcn3WBh1oDOStOfDlwPFujq+oaT7S"
    "DjuLzIm2h8fzL7+ns1lnUnZyS+dBQNzgHZ3Nwr9TGzrbCW1jnbFXhPPSrZxpZb/aFctzze"
    "p4Yq/YjIyZe484DBl1jm0fsfjMlzjboY8iKjwf2XZ2LKFtJxfWqLssbRtNGXwxwsj1JoSL"
    "IzSaSudqSAiKwZC+25DFGdcoJHFysnK/+pgLpLqBn1igOeaIfHKmmAJor5EneNJpH82nBB"
    "6atuojTF3VBce+iIl90Bw4ug3ZDAihV0XOI3VdKgvRI07kRTgOzI+jBDd+lFynaduPjQu4"
    "JYtPv8IFbGypA9Srm2NLGabvjenmlNwa7qsG8TgFqZLJJTfUly+rYqv76ZuchrwT89gLrO"
    "QeAx13rxcMMiLj8a2ZuQRmAS2QXeWwS6pBSmRgr3FD9SzOJlHKwrhgg0mFup4jPa2/y6Rh"
    "DNiDhAGD1Lsj1hauz7iH4b4coF1jgLSwLRAdddRjSXvNuxtr6JKqFITkzmMRt7R1ppRytJ"
    "Xu1Czn4B4mlnJo1ZpWCaWZVc2fVanX0pJeRp1JlRJeJXRmtWpovK5h1rvJ6d8z4K0PI43m"
    "7A3oyKzk5oCsul8dShJLDbe+PwDE6lTuC3ewYCo3/3UcrSHYJy7854REZDGcuFRCEgXIYf"
    "AsE45piWjpV4RjYjbrODkyiiZn4jfWxRHPIEvNIB3YY7qzlMxgXwP7OxJ68LACuVO5tT1P"
    "Vm9re8PUxP3sbL/FHiwZVoxevOvLUqdjrMNfeppG3MfPuS7O0h5qna7RMEYkh2scP3328t"
    "mrkxfPFmdqLEqqjtJYh9xn8eENMiFE25WkaK9TUmP1NtnqbYAV1sXI25oRpmMy/JvBBsr3"
    "iME/OzfXvihndmOtbWmBKSQLja8U4yq7K2VnzZ3UscEV59ypa8QXN9N7HHGwvVRWH/KZ3P"
    "XsgJnxLcJI3sclk/Iur9++RTNQTTiybfkitm3srpZIk36F3WXS4A4wI8qkwR0g081tLHu0"
    "8NX6qrO8LQg6pxSfHD/ZYBmDVqXLmKorwNeq6UdRxD9v7UypNcYXJa11p3gz0G51BMmCoA"
    "uRzS+RAFgsuast7Ac9WbpB0mQnsWTX44GP761ysCuOeo1prx8a8wMb53u9J/rAsR5jSrUX"
    "zYxof6GH9i+WgJoFJgUv2uFcFWOjHxZEZoTXGuFWsnlH18IF0vOMci/RB7Pnp+aenzmzbl"
    "UiikWoRFtXpi0SWc4zciPdNpdujI4ZDl14EQB1FijXuR4Hsh7Och0YHmzOA3OJX1MWHZ85"
    "WE+JzSgM3jXwlvtVtt81JLsZmJ1DOwxR5/d4qcSb7a+vdBYJPO10RFdfN2hu+dwAJHPLp7"
    "nl82FBSu6J3P6Sz+y+yU7CZC5D3Qin9OSobWHKHfDVleGktc+lyOAvxzTNbtsE2aUdLx0Z"
    "gdo5afmk5l5hbtpSi351jtrdatuat36oOz6+jjhJNwAtDn3jYK3KI9t4ciBd/uw3mb9m25"
    "66ZhIACG1bngYHhJ6QSW5zFopp3OYO+xExOWytMTf6qDyHLeO3HjPyVN3bEfr86fEG0EOr"
    "UuhV3crOFTltdFwcCwKTRlQnjcgcXdb9MEZzUnAbpuN0OBmzORm4hue75PlWG3kecufJAP"
    "RyZ9or1O+Tun/R7HHWqoZOnxQ9sKpdul+zUNMu2JqZ8K25qbQPsjGzXHUGcy31LWyqN+dI"
    "OqHT7eNou6DgFvOKc+yCotvLu4Du0yeb5IJDq/LLBJ+s5YLDE0XhAZk/Xg0vSxSnjGR1Cf"
    "Ucgf5BvsdbHF0qAleCUW2frJoiKyug7OB0272p2y5pn/8PUMga0Q=="
)
