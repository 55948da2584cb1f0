from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "backup" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" VARCHAR(255) NOT NULL UNIQUE,
    "store" TEXT NOT NULL,
    "size" BIGINT,
    "seconds" REAL,
    "manifest" JSON,
    "takenAt" TIMESTAMP NOT NULL,
    "error" TEXT,
    "checkedAt" TIMESTAMP,
    "checkLevel" INT,
    "checkError" TEXT,
    "removedAt" TIMESTAMP,
    "isSafetyCopy" INT NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_backup_takenAt_553b8e" ON "backup" ("takenAt");
CREATE INDEX IF NOT EXISTS "idx_backup_checked_091426" ON "backup" ("checkedAt");
        CREATE TABLE IF NOT EXISTS "jobRun" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "job" VARCHAR(255) NOT NULL,
    "arguments" JSON NOT NULL,
    "trigger" VARCHAR(16) NOT NULL,
    "status" VARCHAR(16) NOT NULL,
    "attempt" INT NOT NULL,
    "dueAt" TIMESTAMP,
    "startedAt" TIMESTAMP,
    "finishedAt" TIMESTAMP,
    "counts" JSON,
    "report" TEXT,
    "error" TEXT,
    "worker" VARCHAR(255),
    "correlationId" VARCHAR(255),
    "createdAt" TIMESTAMP NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_jobRun_dueAt_dad79b" ON "jobRun" ("dueAt");
CREATE INDEX IF NOT EXISTS "idx_jobRun_finishe_1e82cb" ON "jobRun" ("finishedAt");
CREATE INDEX IF NOT EXISTS "idx_jobRun_job_bb2e1e" ON "jobRun" ("job", "id");
        CREATE TABLE IF NOT EXISTS "jobState" (
    "id" VARCHAR(255) NOT NULL PRIMARY KEY,
    "runId" VARCHAR(255),
    "askedAt" TIMESTAMP,
    "startedAt" TIMESTAMP,
    "succeededAt" TIMESTAMP,
    "failures" INT NOT NULL,
    "runsSucceeded" BIGINT NOT NULL,
    "runsFailed" BIGINT NOT NULL,
    "rows" BIGINT NOT NULL,
    "seconds" REAL NOT NULL
);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP TABLE IF EXISTS "backup";
        DROP TABLE IF EXISTS "jobRun";
        DROP TABLE IF EXISTS "jobState";"""


MODELS_STATE = (
    "eJztXe1z2zbS/1cw+pJkRvUkdpr0SW9uRnadq9skzsRO7+bqjgiRkISaIngEaUXXy//+7A"
    "J8k0QyImXJFI0vcUTsQtRv8bJvWPzVk/9xeciOBrYtIi/svSF/9Tw6Y/Cf1aY+6VHfzxrw"
    "QUhHrqKlOaKRDANqY19j6koGjxwm7YD7IRcePPUi18WHwgZC7k2Q/9JjZE4XhHtkLAIi4K"
    "PPAim8NyScwv+plHMROOSpH4g77rCAWJYdMId5IaeuZT0jwEU9wtWTcEFoSChJiI/wvSKP"
    "/ydiw1BMGHQZwLf+/nsvoRhyR727/hn46Y8/4DP3HPaFSaTFj/7tcMyZ6yzBpDnV82G48N"
    "WzsykN3ipK/KGjoS3caOZl1P4inAovJQcc8OmEeSygIXNy0CFYMcjJI/1D4EEYRCx9SSd7"
    "4LAxjVwUQO9v48izEXcyEw5z5dGISnbksTn8xL/HL5cjHw4/XF4Pr86vh8PeJnKLH9nCQ5"
    "lzL5QKmhn9MnSZNwmn8PH4+++/6i/KMNJk+I2/DT6d/Tz49BSonuFXChg6ekh9iJuOddtX"
    "1QkNqe5GySQTAowFBG5Iw3Vh/AQtIZ+xYoHEnIOwQC5OzHmU/KeJlJIHmZiyaZEAn0C7C2"
    "HA73MuPXcRj48KWVxfvD+/uh68/4hfN5MwzRV8g+tzbDlWTxcrT5++WhFb2gn558X1zwQ/"
    "kn9ffjhX8AoZTgL1jRnd9b97+E40CsXQE/MhdXJDOXmaoAaUmdAj32ko9JjTCP3whJ5bom"
    "ssuzHXxT2uvg8t4l0tshnUK5vjplgnbAbsOmDDCGVSgnpyy7x1tK/Zl7B0ZAPfdcLWCO54"
    "3rUF7arV6vxf10sLVYLp0/eDfz1bWqzeXX74R0Kek8HZu8vTFegDNob1aVof+5jRgL8F+N"
    "ypjzt3DORbQJ5faobsi89hEDdQonIrz7nu5N70qQMSUIvUpwSTSv1pabHbQvr5tc+I/2DE"
    "L23hszprbcpgVtr6K23it6oDeJ7HYN5AoZAyYkEtdSLlMHjXx7v5FsL2vm2sOUjNrrHRrh"
    "HJ2l4AZNmtB2CfwtyRAwCDCuPbQo824reO91sRMD7xfmULhfoFvCT17ML9WUdvPsfdHBbc"
    "X5PRlDzNvj+g8zQIkx+X8NMd5rJQD8vB1dngp/OeAnhE7ds5DZzhEtLYIo7FypOUdr1pdj"
    "xbfUI9OlHY4K/Ad05CZhzmRXEwTbf0K2NpGU2TUNqAAGx3LJBUxX3EOBdNwyhZ/EAEE+rx"
    "/yqioxvvxrOsGZhz8IOkZREuCSUulyGSW9ZfN71AuOwGXuoGFJQglDdqtN70cLjpxyHsrz"
    "eA+FfL+pEIF2N0gZhLMqV3bLULeMOQeUhuWWXBORN/a9li1a+Iv4U8dGuZFSmDUbnqq1zJ"
    "RF0H/Jeryw/FgOd5VnUtbofkf2q6dwp7BKMa+1WYV1Qn7GAVexNpfoRBx/ZEmls2+zos87"
    "yCVNP2ybNuYQO1y57dQwx0/2bmo4C4wsrMj9R7sDYvV7o7KPQ3NToLFoZi43N1aO/PnD9M"
    "YLew5jOgXUAlGJZryKcx/9tfPzE3HajFaGtr/b3u6wA1sjLgv+7e+ZGAVuoDyaH6LVdInr"
    "SZRyQeDoSOYXAQELVkmGpsWfpdjjLPRx+fU/RcoOeDh5KIudcnUgAX5hQ7DnSqHCg2qBtS"
    "ZSdL+H2KzVsQG7tDd8r1lPGAcEcSGqhWpBQBukXgw3zK7Sk+WpA5C7AL7mzoCPm9h98Rz5"
    "MkUdl4Rh5Whyn3jMyywVvTVN/aUm/pcmRM9QeXRIfNttziuOnKhywmWXULK8KeFk2x2spt"
    "Fhw5MMQ3VXBzY7NV4aowZDO/OF4VN1VraTmiJvrZz0rZCpkHataMjYSzAPQ4c9THcIoKl+"
    "QwcpQ6NgcZA/2IgRF2REDLAh0L1KcFtEwFqGAO/KVhn1CMYDkclLrQRJgOZImp0qPS84XL"
    "crjwSgJMKf2KJLh3iCtMT5lS3x2/ePn65Q8nr17+ACTqRdMnrytEcPHhurVJO+3MPGi7Jl"
    "SatbO2Sz/QlhI5PDz3wmBRuKtkrdUbyzJdk73lKt1ClP0+h23BAeu9T0YL3DBmascIhdo0"
    "ku1EEtBUsJl56rm20z1l5UsyUezKIQBP0bj3BLllC2m2mQ5sM9QudoVXHS0scyKaRLeSk2"
    "6hqBvmUTwmzrM5yDIa/cnsupZwzGWA3hxoEybeO+TcRy0IFKWC8E5Flr8/yJhM1ln9rDPc"
    "M+u4sRN6k232SFzYe11muuXBbonZhsHxyO8VmGxxS7/KXBtlNI3CtB5YU/aU37HMVtN+QL"
    "DPRvCQ3jKvrw02sNNcKkNiT5l9qyO1cRI7CwIRWFbiElwgbaAMN08ZbpaleIYJHZJw6Ih6"
    "T0L1LUEkYRIcpYQuu2OuZb0hL5T/UT2U0axPjgmOwRsP3g4bmOf0yQk8k6Cqwkvje9pi5o"
    "OF6GjLMv51T1RMmYAQ+BiIlbGJfs1wii8SR4pVJz/CSyRkSVK+LfyFsTQPRmsptzTV3xpi"
    "SOj3JYjD1hHV/KmjHqYMnYgB7ls3lPy/BWif8kmpfz7haOSeb5lWGHvn/+/4+OTk9fHzk1"
    "c/fP/y9evvf3ieuunXm6r89acX/0CX/RLq6z58yeA1nAIb6K0raBnqGc8K8GNkOjzoK1D8"
    "6fLz6btz8vHT+dnF1UWsnKeKnmrspaoPPvt0Pni3etIm3n3r2D15HmP7NLd9lL7XwPJRfF"
    "21ew7EztnoVLlSwevs0SmDcd/U36KV4dLMlaA5TZ2G1s+onMW6LuTyVAnkepcwdUghu7d0"
    "iZzLoM56pdjOzaK1TWnGmbhrtGjFnF09eNmlVYvLoaRjFi6G6NwqMCOFcBn1SrxT8krxns"
    "WsK6IeAe+u7Pf0yX7le3p5+W5JtKcXqzPp8/vT809PXzxbtm/0utYSV/OFd8dDGsOy5m7O"
    "tfarXM58ma6p21kHBgmVoOYQjh5d6i1XSCGWJeGLIomeYJ95eAyoT7AEpg+Dqk8ChoFz4B"
    "YB+pJt5rJND/QYN+3DOw7L3bRsRnmBMlUuh5She+lAJ8fPNwAcqEoBV20rW7yoVzkmoTfq"
    "VAM3rVrC6rnFEw7jFz/o4ogtW1i6pL+2J0mjZctbx5I0lmwWVDxrVyuJuUxdzG8qZG1KsH"
    "wcmLe2SkzL4N9pmZh4gbgHkLtd+HV5+W3TYdpfxOhTVOjTiFv6Vf6MPzOaptcoBpEq+koJ"
    "9NVHd4S6QDEQMy5ZXPw1TpXLHBpzykPl0ABmT/1HRrbNmIOujTHYs/gXdRAAJwqxUxe2U/"
    "IU896ga7wHhDicOc/QT+JEDFQhna+mzlAlp3pvPDkVkesAs7iNa7Hw8A28avz9qq6Kyv3z"
    "hDoGrE759rEei36vjCDuSRWXZTBUnSMyIGPucTlFJwyQTam88TDnD98JEJpMWIC/FX+Gwr"
    "sf+3vQYyNmINDNK7AAtEhqqq+0YePqV3hvYkFtKoWYvBOm7j5OcgWTaMbw+9YwLk+PWWLa"
    "f32b3NAfRdyFZUce4dfubNTvPW1GL3V1hn2OpYND/8WrDUb+i1VbMhv42LSZG63iYF233G"
    "i7BjhXUWTDHIYcx/4KPjzfFbz3nL6gNbK6zingMik/rXc+wsoSNHM+xpxddT52SciJYdNA"
    "ygmrmcqtl7IqWVRLl844TKJ5c405YL4ICiZW1cW/CYeJQjcIipq87z2iPRfBbT1zMOPoAt"
    "578IPYIgjiYuJ1S49mnDutANI5xFsTcm+dad6tmHtLslV/EaOrkKoAU1FcR7f1vxHZyaia"
    "VbFXAZ3RQlUbwHfQtRCmYo51AzAe6Mg3qlGVRggiT2oKdseChS6CB4T4iTjciYNAQAZrlo"
    "7WYKQoDh/hf9NIiQ65AEHkYf36OV2owNJc1dHPx38w1KKCKsUBIPViN54Ou4wFRn+wEr6L"
    "lV1JQFWWLUabokBdQqi127hcv64AmxZ+UPEpKX/UZfUxUAOgzUYskETA4CeTQMxN/u3BrO"
    "zlERw9PusIAjjMXloniiObHQtUfMZ71H6/gnERPgYhJwkbTcSc8BpBt1/QiYJUIziWZzHR"
    "sdXoGCrKw3QKrMNaVcUGea/yrJ2Bd8/FbJQQdKZZfQm8TfkM/A3hF/Oiu/KqcI85DOKHVL"
    "2pGfBHu4J+B9WbWuIweo+HQAucRe/jw6HljqLk+GjTqw6BPaufGef9KseMTxcwSmJXj2QU"
    "lszM+4IZuLKfOGVmdEGmwnUIJaFIq25igs1C5+0iQLI8jVgyT2UJ6wUdU3N1TCHO3WUwiP"
    "FrplT90QU0mTsmkRfC21uW7VKVbKw+W5Zx5ByMW6HiAh/jsn8cLvula499p6HQY04j9MMT"
    "esBs7nNWdF1Xhdc2z9TBJNmd1E7AnFc3DiptnOyd4+kgzq9ebgDzq5elKGPTMsiusGlRiY"
    "pyiDOO7oUgTjZRFU7KNYWTtfhDrJeuA1yeEJRj6cQQbksdEHOA4X4PMNRx0uZZOuNU6dAR"
    "hg3gNYnPDROf8+Z+betQM39OeE30qs2iRs9QkwglsJngZPvFi7lZ9evkIpcpk2vKjJm51d"
    "L01/cMUyt7RfEM3dKvjGhkNE2LmvgskMJ7IonvUpvhJVlY4mO1QiuWhszuyZrN6Hd/Cu4x"
    "R52DKgsi/F5UqSeSurjMHybEcEAhhr2WEm2bSbvvPcfEcx6ha98U49t/fnayF9XAGlkMxt"
    "/AeE23MgUPqzaW3RQ8jKSpdvhNZHMrQJtKHS4N6wLbYHXYl1sIq/OtYe7TJBCRj6fXfCZ8"
    "VxX+wxNsqC9qswBP/xO8VhhUQpNUdCDrdJXGX3yJbrnGf7+X6D4yjV+60aRWzDCmNzcWb6"
    "LmuWIiajlNY3rjLzW26z0O9O7arokqUGeS5XnMRKs/0Xy6ULVeh3YkQzErMWQrE30U/1nM"
    "3p2D3fuQRI3oQS51hQ/tKS1KXTmNOd/++imuWVNukA046AWHW3tszSRbGtXZrXNborR8zd"
    "2BbRUbQaVjP1vClAWZugiRHwUw4WTRid46IH2Mu+nQnNul8+IjlfKWLXoFfoukqV/lsvBz"
    "RM28Ff9ko0EUTj0COqUDmxynLnossk9pXR403l+9jALoxLL8aORyewjfDY1Y/ebs8uqcwE"
    "eMiqoqQIBNzGJ8HAdjCLbEx9HOpWF/+mo6uWppqYrrV1Z0AbFxLW1okGeLXp01J2O8+KmT"
    "vqYXJxudaEGy8vz0k/VTLaq4WlHsperQf45pfynqu4T6QY7+O+yO20xDV2OV0WzXMZdZZh"
    "osM6g6Yp65XzDsqy6Z13yf/QLgd3nB/MMgv+X98st30VBPYqnsWncOL3MZNeaQ/dstE0SH"
    "3duUTqJ6ztWMw8yx+nPMpGXtPS3LJAsdbrJQ6p4scrjlXJcVHrc8VTOXm4xGKRHWJ6JYVn"
    "riMhLHmfrxBanxeQMkiR8sHTXAukcDaHWxGja8MBj/qoHMA3hpmdy46kR2+EQS7uANph6b"
    "A7G+vxRbQZV/Io1/7kAWpX6Ff67YjkMxnHvRbG1NWlZ1D8Ca6119Pr06+3Tx8fri8gNOCd"
    "Bfhqiw9BpI5P6P2ldGliscR9tHlFu2QewhRym/ftbEO896j1H8FnnqdoJ4vI3UTZvQXCZb"
    "onEcAPfn2qADj4H8vmvSlAO+ZU2aR453e3xEbfONdthJ1J56jC2bfR2WuWSF2XylQb6Uvl"
    "GIr21yvec6VHYUBFjCxmcBF86QeQUqwjdWT93DR9XBuVekL5hreR+67sZ6TZu7ZoWLVGmb"
    "O1O96CAk/fCn29s1izt5uP1RQNzas+3tQr9DR9sPE9iWB6vUzt2riFhpgv4mYauMtFHsyi"
    "NKBcF4FE3CVRhkuuNOcq8GXvgB/TKHRD4WxLqeMsKd5GLXhPaJBFGouz0mIJg+XsABFLew"
    "J3omHHUgy3u/IhyVyLmOKPI8bQ5FPTzuuX3UVpZcE19KwtpZD1qXjAJTW7OjQq5xOnaXus"
    "YVk7KkgE7SVKlfyBxRE83iKrmcXYJaCroD6gRC19fUGef99FqubCpYVnz5l7oezLLUbWFY"
    "dtPhEyZDrXuE04AxomFAvSUQ+qwrCZg+Fppd5666ybQY9gVUJg/g0vfZ60776jL5Gy+h0p"
    "eSYReSuqFmdhmF7xoHYpZdLJbcFS8C8lTCC1mWDTr4UYybPArYGH7U1LKeGf3nYPZhc8+Y"
    "iXG0Mq5lhL43oRvNrKOa2dIRItQM6myrKUPnjoLuxIzlPkoDBFYr9Yb7g4zJZN80PD0CBk"
    "HRJYnlsCPXYLLNJYmPHHY+05n9SlkYFRzyr1DXc6ynzU/6t0wAe1hhwCDld2y4RXBV93C5"
    "rxBr1wSgEhhg6WiiHiPvZ9ndvK8uqUp+wO64iOSwts6UcF5vpTu1KwS5h4mlHFqNplXMaW"
    "ZV+2dV4rUcopexzqRKGK9iPrNbtTQjqGXWuzlXbVJVNg8fXc/FW9CPReHtbFljvyqEFC6R"
    "bX1HGyynU6zJZdNQqPPRb3SUhlGXOfDHDliYxW70UwQj8okt4LtMGOZAlpR+RRhGi7mOcy"
    "Pj6EQKykPUtor8oZpBdWDXfGcJm8G+AfZ3LODwZQXrTmVZsTxbs7JiLVMPK3C/x6piY8ph"
    "yxhq9HTljaGqTLgOf+khJ93Hb7kuzpIezLGndchdoQvnNbmgXfOa+9kPwtrNfIUyZEVlEi"
    "uqgya+wquYs0MTac8VQltgA3cx7rlVxt+3zGUwga4F/LNjY/lB5bIbW3kr+1fhWGD6JviW"
    "W72JGBvWEtPmrs50ZDNQJ0gcR8fjFBIsX5VLSVyBdb9sMPJ+JJTgjdOYCvnh87t3ZAaKoS"
    "SWhS9iWcbqPZBVpF9h9Zrkw0eYh2aSDx+h0M3No3v0r6j9tc72ljJ0Thk+OX6+wTYGVKXb"
    "mGorwHfY0IulmH/b2pXVaIynTw7WmcVnoNfWWUhShi7Ekx8i7bJ45a62rO/1TqUWrSY7ie"
    "A7XPouXQzLwa645ETzfr5vzB/ZOEc7sw7sCb3BukngzfNqb5oZ0/4CP4e/WQJqQzApZFHl"
    "mqoIp/cpZTIjvNEIH8ZHpupauMB6nnGaOnctDv2EczEcqzSgIfMQ7bprWppGdJ6xm9Vt89"
    "VNeCNBAwdeBECd+cppXk8CWQ9nuQ6MDDaXgbmwvi2bjitsWk+JzTgM3g3wxsj/9me1sJuB"
    "Oa+1w9B0/mSdSnva8uL4gZ0mTx2mG3r94vil44d8aE8LK2DXAonDkD/A/JWNIOLeHddnVb"
    "ZE6SLtqKujSRcu2hKm96qTrkLkUylv2WJLjD7qXjoLUlwVdFuUcnfidXBhSmp0bQdSroxa"
    "V4ZSrRNFRSZ+OaJJHtu3cV06XdSR0Vcz+yyfQN4ryEJbau9XZaPdrVI2vOFS3Wf5XSRZct"
    "AqLaonsWJwKIiMC/7la+thppplcQePbcFPDywLq+0Bo64OPBdBONU0d9SNmMlWOxjDok/K"
    "s9UyedcTRp6reyduv39xvAH0QFUKvWpbOSGE06aOMyNlMAlDTRKGTGm47gcs2pNs2zLtps"
    "Npl+3JtTUy36XMtzqqc3+nSwagldvTXoFmH7dU6vQ0o2mgzceP7lnJLj29V6hjF5zZiyXW"
    "3nTZezn6Wq40g6GWeBM21ZhzLJ3Q5vZRNNAvOHxaUSHQLzpx2gV0XzzfJN8bqErRVW0rt1"
    "gKLywsPfrL1eWHEpUpY1ndPLkdkv8Rl8sDjiEVgYtgVFsmq0bIyt6HHZxue+50283s6/8D"
    "A2TFGg=="
)
