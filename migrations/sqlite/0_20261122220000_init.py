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
CREATE INDEX IF NOT EXISTS "idx_aiChatMessa_chatId_5f0f06" ON "aiChatMessage" ("chatId");
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
    "eJztXVtz2zYW/isYvTSdUT2JnUs33dkZ2XVbt7GdiZW206ZDQiQsYU0RLEFa0bb573sOeJ"
    "VEsiJlKSSNlzgicCDqO7icO/4ayD8dHrCjkWWJ0A0Gr8lfA5fOGfxnvWlIBtTzsgZ8ENCJ"
    "o/rSXKeJDHxq4Vi31JEMHtlMWj73Ai5ceOqGjoMPhQUduTtF+muXkQVdEu6SW+ETAR895k"
    "vhvibBDP5PpVwI3yZPPF/cc5v5xDQtn9nMDTh1TPNLAlTUJVw9CZaEBoSSpPMRvlfo8j9D"
    "ZgRiymBIH771998HSQ+D2+rdo5+Bn/74Az5z12YfmcS++NG7M245c+wVmCJK9dwIlp56dj"
    "aj/neqJ/7QiWEJJ5y7WW9vGcyEm3YHHPDplLnMpwGzc9AhWDHIyaPoh8CDwA9Z+pJ29sBm"
    "tzR0kAGDf9+GroW4k7mwmSOPJlSyI5ct4Cf+J365XHfDuLoeGzfnY8MYbMO3+JElXOQ5dw"
    "OpoJnTj4bD3Gkwg4/HL158ir4owyjqht/48+jd2Q+jd0+g15f4lQKmTjSlruKm46jtkxqE"
    "BjQaRvEkYwLMBQTOoMEmM76FloDPWTFDYspRUMAXO6Y8Sv7ThEvJg4xN2bJIgE+g3Qcz4P"
    "fZ166zjOdHBS/GF5fnN+PR5Vv8urmEZa7gG43PseVYPV2uPX3yco1t6SDkl4vxDwQ/kt+u"
    "r84VvEIGU199Y9Zv/NsA34mGgTBcsTConZvKydMENeiZMT307IZMjyk107vH9NwWXWPbja"
    "kuHnD3/dws3tcmm0G9djhui3VCpsGuAzbMUCYliCd3zN1Ee8w+BqUzG+jGCVkjuON11xa0"
    "q3ar81/HKxtVgumTy9GvX65sVm+ur75Puud4cPbm+nQNep/dwv40q499TKjB3wF8btfHnd"
    "sa8h0gz281BvvocZjEDYSo3M5zHg3yYPJUhxjUIvEpwaRSflrZ7Hbgfn7v0+zvDPulJTxW"
    "Z69NCfROW3+nTexWdQDP02jMGwgUUobMryVOpBQa7/p4Nz9C2MGPjQ0DqT41tjo1QlnbCo"
    "Ak+7UAHJKZezIAoFPh9q7Qoo34beL9nfAZn7o/saVC/QJekrpW4fkceW/ex8N0C+5PyWxK"
    "nmbf79NF6oTJz0v46TZzWBBNy9HN2ejb84ECeEKtuwX1bWMFaWwRx2LtSdp3s2l+PF9/Ql"
    "06Vdjgr8B3TlxmHNZFsTMtahlW+tKyPk1caSMCsN0zX1Ll9xG3OW8aesniB8KfUpf/T3U6"
    "+uB+cE1zDuoc/CBpmoRLQonDZYDdTfOvDwNfOOwDvNQHEFD8QH5Qs/XDAKdb9DiA8/UDIP"
    "7JNL8hwkEfnS8WkszoPVsfAt4wYC52N80y55z2v7VssxpW+N8CHji11IqUQItc9UWuZKFu"
    "Av7jzfVVMeB5mnVZi1sB+Vst915hj2BUY78O85rohAOsY689zY/Q6dgeT3PLVl+PeZ4XkG"
    "rqPnnSHXSgdumzB/CBHl7NfBQQV2iZ+Zn6ANrm9dpwnUJ/W6WzYGMoVj7Xp/bh1PluAruD"
    "Np8B7QAqvlEuIZ/G9N/99I456UQtRjvS1i+jsTookZUB/2n/xo8EtFIbSA7VfzKF5Ls2s4"
    "jE04HQW5gcBFgtGYYam2b0LkeZ5WOIzylaLtDywQNJxMIdEimACmOKbRsGVQYUC8QNqaKT"
    "Jfw+ReYuiYXDoTllPGPcJ9yWhPqqFXsKH80i8GEx49YMHy3Jgvk4BLe1IaQj5+mwwhAyz+"
    "ZqTc18Z8W8pbuP1sw/Oyd6rKXhfltTZUAS7ZlqrjNYs6IVVluUzVwh3QJ8W2k2NzNb5ZsK"
    "Ajb3ip1TcVO1SJbr1EQY+0FJVgFzQaaas4mwl4AeZ7b6GMxQupIcJo6SvRbAYug/YaBxHR"
    "EQqUCgAllpCS0zAfKWDX9pMCQU3VU2Bwku0FJUR3aYKikqTSZc5cOFW+JNSvuvcYK7XRSc"
    "Bkpv+ur42fNXz78+efn8a+iiXjR98qqCBRdX49ZG6LRzK2+7HFQaorNxSH+mIyW0eXDuBv"
    "6y8FTJWqsPltV+Tc6Wm/QIUcr6Ao4FG1T1IZks8cCYqxMjEOrQSI4TSUBQwWbmqueRUu4q"
    "lV6SqSJX2j88RU3eFeSOLaU+ZnpwzFCr2O5dlUdYZjHUukNJWlsg6vp0FI126mwPsgwn/2"
    "VWXT04ptJAbw+09gkfHHLuoRQEglKBL6cipN8bZUQ6xKx+iBmemXWM2El/HVr2SAzYB91m"
    "+mW/bonaduHe84DGvNhQ23Ktwyq1ja/2a+SfdUm8xRMq75hNgO9o3VuNUSemCZpaEErTfE"
    "085qIjdkgwCdmDeTwkPkNpBqiFTyw0PTtMu1S7c+KXa2lsTrlThw8pQf90tJPjp1sADr1K"
    "AVdta/UvRL3Y/aS/lqvqy1XRFlYH7YyiF6V0Hm96ass2lo4IUVvlp7ZHcm7Z9tYzyXnFMI"
    "CCZ+148ZhKx390yur1ODBvbZx+y+Dfa6B+vEE8AMj9Tr1f3X7bFOF0idpfgUXjMtYKy20Z"
    "id7YNMocyDPPs+eLOZfMRsOFR5eOoHaUWC8ZdRhGLnEHo5ygMw/kUNW9hk9zuiQz4diEEl"
    "Wia6ic1hhytYzC1xEgGWfsZwYRHEQZRCRzAzSB3MLL4JePyEL4dyrqHV4MWm2JXzOj6k8g"
    "MM6KObckdAN4e9O0HAqSjm2ozzo7vzOHx7DCgtIe8bht2miP5eP25Cxrph+M6T6zuMdZUf"
    "Bk+a67QtQLI9MBjKYYBY25hnWAztP0EOeXz7eA+eXzUpSxaRVkR1i0yDZdDnFG0Qfr9No8"
    "3kZUOCmXFE42K7xHcmkdc3SOpBdTuC0OgIo4rX45AFbn9LOXW8zpZ+snajansWkt4jBKUC"
    "mAuDR9IE9yuAyCp/sC+IHTB2xQ/eoLkUClPScd8Jzk1f3a2mFE/D6h7Z//pE+sRstQg4WM"
    "ZH11j/WJvQ6VgcF8X9SqfY1U5wlRH0RmHV+gT8k+JdddsvlEmdw3/RlRy7DSo5H1aXotZ1"
    "Q5+AtJPIdaqpLNRvlgYpoYE5bUDbbEfE6/+q/gLrNV6Hf5/ZsFLrqkCpS+gLNLLoaDxhC2"
    "TaU99Jmj/TmP0LSvo3AeQ0HSx4GxjnRqQaSTvmGkuzeMrEzrAt1gfdqXawjr661h7NPUF6"
    "GHJTM9JjyHoUowZwFFeTFSCzDhEes04TUhOqioI/t0lcSv/taQ+JP+WuJv4jV0wmktn2Hc"
    "/1CzvnsiyGqYwVTUMprG/bW9VOuuDzjR+6u7JqJAnUWWp9ELrcnds8s5g+82rFAGYl6iyF"
    "YG+ij6s5h8r0VreseJGt6DXOgKN7Bq7IPcWtBZtmzeVrCRnqMA2BGl1foWHTsqtoIq8v3s"
    "CFPmZOojRF7ow4KTu94T8jYepkdrbp/Gi7dUyjtWWCw0aRpWmSy8XKdm1opf2GQUBjOXgE"
    "xpwyHHqYMWi+wTnJWR2QKV95fPQx8GMU0vnDjcMuC7oRHv8zi7vjnHcqDoFUU7mQ3YxCTa"
    "xtEZRbAlNo52bg2Hk1fTxVVLSlVUP0VE2rTUTCHPNr06e05GePFtL21Nz062ymjBbuXx6S"
    "ebWS2qWn2R7+WUT6tL3LOiML1OF7n/1/Hxycmr46cnL79+8fzVqxdfP03D1TebquLWTy++"
    "x9D1FTYUxLKze26xCLoau0xENo6p9DbTYJtB0RHjzL2CaS+Ew6hbDH1E994rAH4CdP1C/v"
    "T6+s0K8qcX69C+vzw9hz1HsSGWjQtnOnyhKz3hF1kTKq5lX6HSYkyX7dstY0SPzduUTsN6"
    "xtWMQq+x+mtMh2UdPCxLBwt1N1goNU8WGdxypssKi1u+VzOTmwwnaSesT0Txmrepw0jsZx"
    "pi8JBI8w2wS/xgJdUA6x6NoNXBi3ThhUH5Vw1k4cNLR/fxer6wQyv4QhJuD+GLXLaAzjhU"
    "1Aqi/Bf6Ap+ubErDCvtcsR6HbDh3w/nGnrQq6nZAmxvcvD+9OXt38XZ8cX2FSwLkFwMFlk"
    "EDjjx8qn2lZ7nCcLS7R7llB8Rh7vhJX63+RT8p6QN68VtkqdsL4vExUjdsIqLS0RKN/QB4"
    "PtcGHWg05J0pSv/I8W6PjahtttEeG4naU4+xZauvxzyXrDCar9TJl/Zv5OJrG18fuA6VFf"
    "o+lrDxmM+FbTC3QET4h90zGuGtGuDcLZIX9rOedN2NXWra3DcrXKRK29zr6kWd4PTnz25v"
    "1yruZXL7o4C4tbnt7UK/R6nt3QS25c4qdXIPKjxWUYfhNm6rrGvD60mVCIL+KJq4q9DJdM"
    "/t5F4NvPCDqttHQw8LYo1njHAbA8hjh5Tq+4UEVqi7PabAmCFewAE97uBMdLU7qiPb+7DC"
    "HZXwuQ4r8jRtdkV9ftxz56ilNLkmtpSEtLcWtD4pBbq2Zk+ZXCM7dp+yxg2TsqSATtJUKV"
    "/IXKcmksWNmLOJsJdEgliq7j0fEhHV14wizofptVzZUjDN+PIvdT2YaarbwrDsps2nTAaR"
    "7BHMfMZIBAPKLb6Icl2Jz6K0UCWXoIUkumUsk2LYRxCZXIDrNd4MFg86JIsZgy9NekWXku"
    "EQkjpBROwwCt9164t5drEYkaFlAUjCJ08kvJBpWiCDH8W4ySOf3cKPmpnml1r+6cw5rO8Z"
    "0z6OVvq1NNMPxnQtmfVUMltJIULJoM6xmhL0LhV0L2os95AbwLBaoTfcG2VEOvqmYfYIKA"
    "RFlySWw45Uo+kulyQ+ctj5PIrsV8LCpCDJv0Jcz5GeNs/0bxkDDrDDgELK75mxg3M1GuH6"
    "UC7WvjFABTDA1tFEPEba97K/cV99EpU8n91zEUqjtsyUUI53kp3a5YI8wMJSBq1Gyyqm1K"
    "uq/asqsVoaaGWss6gSwpuYTp9WLY0Iapn2rvOqdajK9u6j8UJ8B/KxKLydLWscVrmQgpVu"
    "O9/RBtvpDGtyWTQQKj/6deSlYdRhNvyxfBZkvpvoKYIResQS8F3aDdORLWVY4YaJ2FzHuJ"
    "FR9CIE5XPUtgo9Q62gOrBHdGcJmca+Afb3zOfwZQX7TmVZsTxZs7JiLRMPK3B/wKpit5TD"
    "kWFE6EWVNwxVmXAT/tIkp2iMn3NDnCUj6LSnTcgdERXOa3JBe0Sr72fvhLab2QplwIrKJF"
    "ZUB01shTcxZY8W0oErhLZAB+6j33OniL9/UpdBBRoL+GfPyvJn5ct+dOWd9F+FY4Hqm+Bb"
    "rvUmbGxYSyxSd6NIRzYHcYLEfnRMp5Cg+apYSuIIrPtlgZL3DaEEb5zGUMir92/ekDkIhp"
    "KYJr6IaWqttyO7yLBC69XBh48wDk0HHz5CpuubRw9oX1Hna53jLSXonTB8cvx0i2MMepUe"
    "Y6qtAF+joRVLEf+8symr0RxPn3TWmMXnINfW2UhSgj74kz9H2GXxzl2tWT/onUot2k324s"
    "G3ufQcujTKwa645CSiff/QmD+yeY56Zh3Yk/4a6yaON9etfWhmRIdz/HT/sATUDFApZFHl"
    "mioPp/suJdIzvNEMN+KUqboaLpCeZ5S6zl2LXT/BQhi3KgzIYC6iXXdPS8OIzjNyvbttv7"
    "sJdyKob8OLAKhzTxnN63EgG+EsN4DmwfY80BfWt+XQcYRF6wmxGYXGuwHe6PnfPVcLhxnp"
    "fK09uqbzmXUq7GnHi+NHVho81U0z9ObF8Svph9ywZoUVsGuBxGHKdzB+ZSuIuHvPo1yVHV"
    "G6SAfq62yKChftCNOlGqSvEHlUyju23BGjt9EovQUprgq6K0q5O/F6uDElNbp2AylXRq0v"
    "U6lWRlGRil+OaBLH9s+4rmQX9WT21Yw+yweQDwqi0Fbah1XRaPfrPRvecKnus/wqlCxJtE"
    "qL6kmsGBwIIuOCf/naehipZprcxrQt+Om+aWK1PSCMqgMvhB/Moj731AmZjlbrjGIxJOXR"
    "ahm/6zEjT9W/jNsXz463gB56lUKv2tYyhHDZ1DFmpAQ6YKhJwJAuDdd/h0V7gm1bJt30OO"
    "yyPbG2muf75PlOqToPl10yAqncmg0KJPu4pVKmp1mfBtJ8/OiBhezS7L1CGbsgZy/mWHvD"
    "ZR8k9bVcaAZFLbEmbCsx50h6Ic0domigV5B8WlEh0CvKOO0Dus+ebhPvDb1K0VVta7dYCj"
    "coLD364831VYnIlJGsH57cCsjfxOGywz6kInARjGrNZF0JWTv7cIDTXfNOdz3MPv0fGbSP"
    "ag=="
)
