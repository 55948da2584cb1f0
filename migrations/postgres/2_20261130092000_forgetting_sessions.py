from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE FUNCTION "stylobate_forget"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- How often in this transaction: of very many at once, all is said to be different, and once is enough.
    times int := coalesce(nullif(current_setting('stylobate.forgotten', true), ''), '0')::int + 1;
BEGIN
    PERFORM set_config('stylobate.forgotten', times::text, true);
    IF times > 100 OR TG_OP = 'TRUNCATE' THEN
        PERFORM pg_notify('stylobate_sessions', '*');
    ELSIF TG_TABLE_NAME = 'session' THEN
        PERFORM pg_notify('stylobate_sessions', 'session ' || OLD."id");
    ELSIF TG_TABLE_NAME = 'user' THEN
        PERFORM pg_notify('stylobate_sessions', 'user ' || OLD."id");
    ELSE
        IF TG_OP <> 'INSERT' THEN
            PERFORM pg_notify('stylobate_sessions', 'user ' || OLD."userId");
        END IF;
        IF TG_OP <> 'DELETE' THEN
            PERFORM pg_notify('stylobate_sessions', 'user ' || NEW."userId");
        END IF;
    END IF;
    RETURN NULL;
END
$$;
        CREATE TRIGGER "stylobate_forget_changed" AFTER UPDATE ON "session" FOR EACH ROW
    WHEN ((
        (OLD."id", OLD."token", OLD."userId", OLD."activeOrganizationId", OLD."impersonatedBy")
        IS DISTINCT FROM (NEW."id", NEW."token", NEW."userId", NEW."activeOrganizationId", NEW."impersonatedBy")
    ) OR NEW."expiresAt" < OLD."expiresAt")
    EXECUTE FUNCTION "stylobate_forget"();
        -- Nobody remembers one that has expired. The epoch is the same of a timestamp in UTC, with a zone or without.
CREATE TRIGGER "stylobate_forget_deleted" AFTER DELETE ON "session" FOR EACH ROW
    WHEN (extract(epoch FROM OLD."expiresAt") > extract(epoch FROM now()) - 60)
    EXECUTE FUNCTION "stylobate_forget"();
        CREATE TRIGGER "stylobate_forget_changed" AFTER UPDATE ON "user" FOR EACH ROW
    WHEN (
        (OLD."id", OLD."email", OLD."emailVerified", OLD."name", OLD."role", OLD."banned", OLD."banExpires")
        IS DISTINCT FROM (NEW."id", NEW."email", NEW."emailVerified", NEW."name", NEW."role", NEW."banned", NEW."banExpires")
    )
    EXECUTE FUNCTION "stylobate_forget"();
        CREATE TRIGGER "stylobate_forget_deleted" AFTER DELETE ON "user" FOR EACH ROW EXECUTE FUNCTION "stylobate_forget"();
        CREATE TRIGGER "stylobate_forget_changed" AFTER UPDATE ON "member" FOR EACH ROW
    WHEN (
        (OLD."id", OLD."organizationId", OLD."userId", OLD."role")
        IS DISTINCT FROM (NEW."id", NEW."organizationId", NEW."userId", NEW."role")
    )
    EXECUTE FUNCTION "stylobate_forget"();
        CREATE TRIGGER "stylobate_forget_deleted" AFTER INSERT OR DELETE ON "member" FOR EACH ROW EXECUTE FUNCTION "stylobate_forget"();
        CREATE TRIGGER "stylobate_forget_truncated" AFTER TRUNCATE ON "session" FOR EACH STATEMENT EXECUTE FUNCTION "stylobate_forget"();
        CREATE TRIGGER "stylobate_forget_truncated" AFTER TRUNCATE ON "user" FOR EACH STATEMENT EXECUTE FUNCTION "stylobate_forget"();
        CREATE TRIGGER "stylobate_forget_truncated" AFTER TRUNCATE ON "member" FOR EACH STATEMENT EXECUTE FUNCTION "stylobate_forget"();"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP TRIGGER "stylobate_forget_changed" ON "session";
        DROP TRIGGER "stylobate_forget_deleted" ON "session";
        DROP TRIGGER "stylobate_forget_truncated" ON "session";
        DROP TRIGGER "stylobate_forget_changed" ON "user";
        DROP TRIGGER "stylobate_forget_deleted" ON "user";
        DROP TRIGGER "stylobate_forget_truncated" ON "user";
        DROP TRIGGER "stylobate_forget_changed" ON "member";
        DROP TRIGGER "stylobate_forget_deleted" ON "member";
        DROP TRIGGER "stylobate_forget_truncated" ON "member";
        DROP FUNCTION "stylobate_forget"();"""


MODELS_STATE = (
    "eJztXe1z2zbS/1cw+pJkRvUkdpr2SW9uxnadq9skzsRO7+bqjgiRsISaIngEaVXXy//+7A"
    "J8k0TSImXJJI0vcUTsQtRv8bJvWPw18IUMJwGTB8e2LSIvHLwlfw08OmPwn/XGIRlQ3883"
    "4aOQjl1FT3NkYxkG1Mb+bqgrGTxymLQD7odcePDUi1wXHwobCLk3Qf4Lj5E5XRDukRsREA"
    "EffRZI4b0l4RT+T6Wci8Ahz/1A3HGHBcSy7IA5zAs5dS3rBQEu6hGunoQLQkNCSUJ8gO8V"
    "efw/ERuFYsKgywC+9bffBgnFiDvq3fXPwE+//w6fueewP+GnAi1+9G9HN5y5zhJUmlM9H4"
    "ULXz07ndLgnaLEHzoe2cKNZl5G7S/CqfBScsABn06YxwIaMicHHYIVg5w80j8EHoRBxNKX"
    "dLIHDruhkYsCGPztJvJsxJ3MhMNceTCmkh14bA4/8e/xy+XIR6OPF1ejy7Or0WiwidziR7"
    "bwUObcC6WCZkb/HLnMm4RT+Hj47bdf9RdlGGky/MZfjz+f/nT8+TlQvcCvFDB09JD6GDcd"
    "6ravqhMaUt2NkkkmBBgLCNyIhuvC+BFaQj5jxQKJOY/DArk4MedB8p8mUkoeZGLKpkUCfA"
    "LtLoQBv8+58NxFPD4qZHF1/uHs8ur4wyf8upmU/3EVfMdXZ9hyqJ4uVp4+f7MitrQT8s/z"
    "q58IfiT/vvh4puBNlo483dW/B/hONArFyBPzEXVyQzl5mqAGlJnQI99pKPSY0wi9e0LPLd"
    "E1lt2Y6/wBV9/HFvGuFtmcErC8OW6KdcJmwK4DNoxQJiWoJ7fMW0f7iv0Zlo5s4LtK2BrB"
    "Hc+7tqBdtVqd/etqaaFKMH3+4fhfL5YWq/cXH/+RkOdkcPr+4mQF+oDdwPo0rY99zGjA3w"
    "J87tTHnTsG8i0gzy81I/anz2EQN1CicivPme7kwfSpDgmoRepTgkml/rS02G0h/fzaZ8Tf"
    "GfFLW/iszlqbMpiVtv5Km/it6gCe5zGYN1AopIxYUEudSDkM3vXxbr6FsL1vG2sOUrNrbL"
    "RrRLK2FwBZdusB2Kcwd+QAwKDCzW2hRxvxW8f7nQgYn3i/sIVC/Rxeknp20f6cRnC+xB11"
    "C/CvyXhKnmbfH9B5GobJj0z48Q5zWagH5vHl6fGPZwMF8Zjat3MaOKMlrLFFHIqVJyntet"
    "PscLb6hHp0orDBX/F1mA+ccZgbZUE13Ta8J6aWUTUJqR0TAO+OBZKq+I+4yUXVMFoWPxDB"
    "hHr8v4ro4Nq79ixrBmYd/CxpWYRLQonLZYjklvXX9SAQLruGl7oGRSUI5bUatdcDHHb6cQ"
    "j77DXg/tWyfiDCxVhdIOaSTOkdW+0C3jBkHpJbVlmQzsThWrZoDSvicCEP3VrmRcpgVK/6"
    "qlcyUdcB//ny4mMx4HmeVZ2L2yH5n5ruvcIewajGfhXmFRUKO1jF3kScn2DwsT0R55bNvh"
    "7LPK8g1bSB8qxb2ELtsmv3EAvdv7n5JCCusDbzI/VBrM6LlQ47hf+mxmfB0lBshK4O7n0a"
    "9t2Edgu7PoPaBVSCUbmWfBLzv/vlM3PToVqGt7baP+jeOqiXlUH/dR+OkAS2Cn9IDtn73S"
    "J54mbekXhYEHoDg4SAyCXD9GPL0m9zkHlBhvicohcDvSA8lETMvSGRArgwz9hxoFPlTLHh"
    "haXKWJbwGxWbtyA2doeulasp4wHhjiQ0UK1IKQJ0kcCH+ZTbU3y0IHMWYBfc2dAp8tsAvy"
    "OeL0nysvGSPK4+U+4lmWWDt6bZvrXV3tJFyZjtjy6JHptwucVx05UPWUwC6xYWhT0tmmIN"
    "1NwsWNIxzDdVdXOjs2UhrDBkM78shhU33qet5cia6Gk/KaUrZB6oWzM2Fs4CMOTMUR/DKS"
    "peksMIUmrZHCQN9GMGZtkBAW0LdC1QoxbQMhWgijnwl4ZDQjGq5XBQ7kITderIUlOlT6Vn"
    "D5flcO6VBJ1S+hVJcK+L68xAmVXfHL56/d3r74/evP4eSNSLpk++qxDB+cer1ib0tDMnoe"
    "0aUWlGz9pu/WgbS+Tw8MwLg0XJ3pK137e9LFM22WEu041EWfNz2BwcsOWHZLzAbWOm9o1Q"
    "qK0j2VQkAb0Fm5mnnmur3VM2vyQTxa7cA/AUTX1PkFu2kGaz6cFmQ+1iJ3nV4cMS16JJhS"
    "s7CxeKugEgxWMiQJuDLKPxH8yuaxfHXAbozYE2AeS9Q8591IVAWSgI+lScA/CPMyaTj1Y/"
    "Hw33zDpO7YTe5KE9EYf2XpeZfvmzW2O8YdA88geFhlvcNqw22sYZVaPQrQc2lT3ldyyz2L"
    "RPEKy0MTykt8wbarMNrDWXypDYU2bf6uhtnOTOgkAElpW4BxdIGyjzzVPmm2UpnlFChyQc"
    "OqLes1B9SxBJmAoHKaHL7phrWW/JK+WLVA9lNBuSQ4Ij8dqDt8MG5jlDcgTPJCis8NL4nr"
    "aY+WAnOtq+jH/dMxVnJiAKfgPEyuREH2c4xReJo8eqkx/gJRKyJGnfFv7C2Jud0V3K7U31"
    "t4YYEvp9CaLbmqKaP3WUxJShF3HBfWuIkv+3AO0TPin11SccjVz1LdMNY0/9/x0eHh19d/"
    "jy6M33377+7rtvv3+ZuuzXm6p89yfn/0D3/RLq6/58yeA1nAJL6J0raBnqGc8K8DfI1D3o"
    "K1D88eLLyfsz8unz2en55XmsoqfqnmrER/CA68Ds57Pj96snceLdt471k+cxFlBzC0jpew"
    "3sH8XXV+unI9bORqfPlQpeZ49OGYwTp/4WrQyXZg4FzWnqObR+RuUs1nUhl6dNINf7hKlH"
    "CtmDpU7kXAZ11ivFdmYWrW1KOM7EXaNFK+bs68HMPq1aXI4kvWHhYoTOrQIzUgiXUa/EOy"
    "UvFe9pzLoi6jHw7sp+T5/sV74nFxfvl0R7cr46k758ODn7/PzVi2X7Rq9rrXE4n3t3PKQx"
    "MAVO51z7sNrxzJcpmzqfdZCQUAnKDuHo16Xech0VYlkSviiS6A/2mYcHhIYEC2b6MLSGJG"
    "AYRAduEaBH2WYu2/Soj3HWPr77sNxZy2aUF6hU5XJIGfqXGnR0+HIDwIGqFHDVtrLRi3r1"
    "ZRJ6o1Q1cNaqJayeczzhMN7xTpdSbNnC0icttj0JGy1b3nqWsLFkuaDiWbumScxlqmjeq5"
    "C1KdnyaWDe4loyLRPATovJxEvEg8Dc70Kxy0twuw7a/izGn6MS70bcNqz2bPyRUTW9fjGI"
    "VJFYSqCvITom1MWLgZhxyeJisXHqXObamFMeKtcGMHvqPzKybcYcdHLcgGWLf1EbAYiiED"
    "t14e3Jc8yDg67x/hDicOa8QI+JEzFQinT+mjpZlZz4vfbkVESuA8ziNq7XwsO38Krx96va"
    "KyoX0BPqiLA6ATzEmi36vTKCuCdVjJbBgHUOyDG54R6XU3THANmUymsPcwDxnQChyYQF+F"
    "vxZyi8h7HnB303YgZi3bxKC0CLpKZCSxu2sGGFHycW1KZSiMl7YfTu43xXMIlmDL9vDePy"
    "dJklpv3XwMkN/XHEXVh25AF+7c5G/d7TaPRSV2fY51h6OPRfvdlg5L9atSqzgY9NmznUKo"
    "7b9cuhtmuAc9VGNsxpyHHsrxjEy13B+8DpDFojq+umAi6TAtR6NySsLEEzN2TM2Vc3ZJ+E"
    "nBg2DaScsJqp3Hopq3JGtXTpjMMknjfXmAPmi6BgYlVdGJxwmHh0g/CoyQPfI9pzEdzWMw"
    "czjj7gvQc/iC2CIC48Xrc8aca507ogvUO8NcH31pnm/Yq+tyZ79WcxvgypCjQVR3d06/De"
    "+E5G16zevQrrjBeqBgG+h66QMBVzrCaA0UFHvlWNqmBCEHlSU7A7Fix0gTwgxE/E4U4cCg"
    "IyWLl0zAbjRXEQCf+bxkt04AUIIg8r3c/pQoWX5qrifj4KhAEXFVopDgOpF7v2dPDlRmAM"
    "CGvmu1j7lQRUZd1izCkK1NWFWseNC/vrGrFpOQgVpZLyB12AH8M1ANpszAJJBEwBMgnE3O"
    "TjdmZ9L4/j6PFZRxDAYXbUOrEc2eywoOIzPqT2exeMo/ApCDlJ22gi5oTXCLr9gk4UpBoh"
    "sjyLiZGtxshQUR6lU2Ad1qraNsh7mWftDbx7LnGjhKDzzepL4F3KZ+BvCL+YF92uV4V7zG"
    "EQ71JNp2bAH+wK+h3UdGqN2+gDHgstdBl9iA+MVrmLkkOlTa9GBPastmacA6zcMz5dwFiJ"
    "HT6SUVg4Mx8MZuPKYeKamdEFmQrXIZSEIq3Iick2C53DizDJ8pRiyTyVMayXdUzT1fGFOI"
    "+XwVDGr5lS9UcX12TuDYm8EN7esmyXqsRj9dmyjDunM86Fiot+jPv+abjvly5M9p2GQo85"
    "jdC7J/SA2dznrOharwrfbZ6phwmzO6mogPmvbhxa2jjxO8fTQ5zfvN4A5jevS1HGpmWQXW"
    "HTosIV5RBnHP0LRBxtoioclWsKR2tRiFgvXQe4PDkox9KLIdyW6iDmMMPDHmao46rNs/TG"
    "tdKj4wwbwGuSoBsmQefN/drWoWb+kvCaGFabRY2eoSZxSmAzIcr2ixcztOrX0EUuU0LXFB"
    "8zc6u1qbAfGKZYDoqjGrpteE9cI6NqWubEZ4EU3jNJfJfaDK/RwqIfq9VbsWxkdpPWbEa/"
    "+UNwjznqZFRZKOG3oho+kdRFZ343gYYOBRr2Wma0bYbtvnceE9V5gg5+U6hv/7nayV5UA2"
    "tkMRjfg/GahmWKIVZvLbsphhhJUwlxA2xzq0C7yiAuDe1CK2F18FfZCqszr2Eu1CQQkY9n"
    "2nwmfFcVBcRzbag5agMBKwMQvIIYlEOTZNSRFbtK9y++cLdc93/YC3efmO4v3WhSK4YY05"
    "vbjTdR+FwxEbWcqDG98Z8aK/YBB3p/rdhEFagzyfI8ZqLVn2g+Xag6sCM7kqGYlZi0lYk/"
    "iv80Zu/Pce99SKJGNCGXysJH9pQWpbKcxJzvfvkc17OpMsyOOWgG3a1MtmaaLY3r7Ha6rX"
    "FavhKvY9vFRmDpSNDWQGVhpz6C5EcBTDtZdNq3Hkyf4o56NPN268r4RKW8ZYtBoRcjaRxW"
    "OzD8HFkz38U/2fg4CqceAQ3TgS2PUxf9F9mntHYPmvJvXkcBdGJZfjR2uT2C74ZGrJBzen"
    "F5RuAjRktVpSBAKGYxHo/OmIUt8Xi0c4HYn/aaTq5aOqvi+oUVXV1sHE0bmufZoldnzckY"
    "z3/spefp1dFG512QrDx7/Wj9zIsqwFYUkakqDJBj2l8C+y6hfpTyAA674zbT0NVYZTTbVc"
    "xllpkGywwqkJiF7hcM+6rr6TXfF78A+F1eTf84yG95M/3yrTXUk1hUu9Y9xctcRo3psre7"
    "ZYLosbOb0klUz9WacZg5Vn+OmXStvadrmRSibqcQpY7KYsdbzo1Z6XnL0zVzvclonBJhFS"
    "OKJagnLiNx9GkYX6kan0dAkvjB0lEErI50DK0uVs6GV3a5rRrIPACVSCZ3tDqRHT6ThDt4"
    "56nH5kCsbzzFVlDpn0njp+vI4jSs8NMV23MohjMvmq2tTcsqbwesusHll5PL08/nn67OLz"
    "7ilAA9ZoSKy6CBRB7+QH5lvLnCgbR9nLll28QeMpfy62dNvPOsDxjbb5HHbieIx9tI3WQK"
    "zWVyKBrHA3B/rg068BjIH7pyTTngW1aueeJ4t8dX1DYfaY+dRe2p2tiy2ddjmUtWmONXGu"
    "xL6RuF+tom1weuVmVHQYCFbnwWcOGMmFegItyzeuoePqkOzrwifcFc5PvY1TnWK9/cNStv"
    "pArg3JkaR52Q9OOffm/XLO7l4fcnAXGLz763C/9eHX3vJrStD1up/XtQGbvSJMPNAlgZca"
    "MolkeUMoKRKZoErjDcdMed5B4OvCAE+mUOiXwsnXU1ZYQ7yXWwCe0zCQJRd4FMQDxDvLAD"
    "KG5hd/RMYKojC/2wIjCVyLmOKPI8bQ5KPT7uuR3VVjZdE69KwtpbX1qfzANTi7OnQq5xen"
    "a3Gsclk7K0zE7SeI+WIXNkTfSLy+RidwlKKmgQqBkIXY9TZ6IP08u8sglhWfGVYepSMctS"
    "d4xhmU6HT5gMtQYSTgPGiAYDtZdA6NOwJGD64Gh2FbzqJtNl2J+gOHkA2lu8TyzudKguor"
    "/2Eip9lRl2IakbamaXUfium0DMsuvIknvmRUCeS3ghy7JBIz+IcZMHAbuBHzW1rBdGC+rM"
    "bmxuJzMxj1bGuYzQ9yZ0o5/1VD9bOlqEmkGdbTVl6N0R0Z0Ys9xHaYDAaqXicP84YzLZOA"
    "1PlYBZUHS1YjnsyHU82eZqxScOO5/pTH+lLIwLDv9XqOs51pPmFQBaJoA9rDBgkPI7Ntoi"
    "2Kp7uNhXyLVvAlAJDbB0NFGPkfeL7G8eWJ9UJT9gd1xEclRbZ0o4r7bSndoVjtzDxFIOrU"
    "bTKuY0s6r9syrxWo7Qy1hnUiWMlzGf2a1amiHUMuvdnLfeM+CdT1y5mot3oCOLklvdsuZh"
    "dSgpXCLc+m43WFanWLPLpqFQ56bf6mgNoy5z4I8dsDCL4einCEnkE1vAd5lwTEeWlmFFOE"
    "aLuY6TI+PoRULKY9S+ivyRmkF1YNd8pwmbwb4B9ncs4PBlBetOZdmxPFuzsmMtUxMrcH/A"
    "qmM3lMOWMdLo6YocI1W5cB3+0sNPuo9fc12cJj2Y41DrkLtCF9Zrcr275jW3u3fC6s18hj"
    "JkRWUUK6qHJj7Dy5izRxNpzxVEW2AL9zH+uVX+331mM5hAVwL+2bnR/KiS2Y3NvKUdrJAs"
    "NIETjKus30ScDWuNabNXZz6yGagVJI6r4yELCRawyq0krsC6YDYYez8QSvDGakyN/Pjl/X"
    "syAwVREsvCF7EsY/12ZDUZVli/JhnxCealmWTEJyh0c1/pHv0san+ts72lDL1Tio8OX26w"
    "jQFV6Tam2grwHTX0ZinmX7d2aTUa4+mTzjq1+Ay02zoLScrQh/jyY6RhFq/c1Rb2g9691K"
    "LVZCcRfYdL36WLUTnYFZehaN4vD435ExvnaGfWgT2hN1g3CcB5Xu1NM2PaXwCo+5sloDYC"
    "k0IWVbapinR6n1MmM8IbjfBRfISqroULrGcZp6mD1+IQUDgXoxuVDjRiHqJdd01L04nOMn"
    "azum2+uglvLGjgwIsAqDNfuc7rSSDr4TTXgZHB5jIw19y3ZdNxhU3rKbEZh8G7Ad6YAbD9"
    "2S3s5tic39phiDp/0k6lP2190fyxnaZRddMRvX7R/NKBRD6yp4U1smvCxGHYdzCXZSOQuH"
    "fH9fmVrXE6T7vq64jS5Yy2BuqD6qavIPlUylu22BqlT7qf3sIUVw3dHqfc/Xk9XKCS+l3b"
    "wpQrs9aX4VTrtFGRwV+OaZLdtgmyS+eOejICa+ek5VPLB4W5aUsUw+octbtV2ob3YqpbML"
    "+JJEuOYaWl9yRWFw4FkXFZwHwFPsxfsyzu4KEuACCwLKzJB4y6kvBcBOFU09xRN2Imh60z"
    "5saQlOewZfKuJ4w8V//O5X776nAD6IGqFHrVtnJ+CKdNHRdHymDSiJqkEZkCcv0PY7QnBb"
    "dlOk6PkzHbk4FrZL5LmW91kOchT54cg15uTweF+n3cdo9mTzOqBjp9/OiBVe3SE36FmnbB"
    "ub5Ybu1NpX2Q47HlqjOYa4lvYVO9OcfSC51uHwUG/YIDqhXVBP2iU6l9QPfVy01ywYGqFF"
    "3VtnIDpvDCwjKlP19efCxRnDKW1S2U2yH5H3G57HB0qQhcBKPaPlk1RVZ2QOzgZNuzqdtu"
    "aV//H6qrEhc="
)
