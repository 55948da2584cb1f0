# One image for everything that runs: the app's server, the worker, beat and the `stylobate` command.
#   docker build -t stylobate .
#   docker run --rm stylobate stylobate db status
#   docker run --rm stylobate stylobate health
#   docker run --rm stylobate celery -A tasks worker

FROM python:3.13-slim AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

COPY .pins .pins
RUN python -m venv --without-pip /opt/stylobate \
    && pip --python /opt/stylobate/bin/python install \
        --only-binary :all: --require-hashes --requirement .pins/production.txt

# The build backend and what it stands on, out of the list that development is pinned by.
RUN awk '/^[^ ]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } wanted' .pins/dev.txt > build.txt \
    && pip install --only-binary :all: --require-hashes --requirement build.txt

COPY pyproject.toml README.md LICENSE ./
COPY core core
COPY models models
COPY tasks tasks
COPY migrations migrations
RUN hatchling build -t wheel \
    && pip --python /opt/stylobate/bin/python install --no-deps dist/*.whl

# Backups are taken by the programs of the server's own version, whatever version this Debian has.
FROM postgres:15 AS postgres

FROM python:3.13-slim
RUN apt-get update && apt-get install --yes --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
COPY --from=postgres /usr/lib/postgresql/15/bin/pg_dump /usr/lib/postgresql/15/bin/pg_restore /usr/lib/postgresql/15/bin/
# Celery warns of a user or group without a name. The folder is for backups: a volume on it is then the user's, too.
RUN groupadd --gid 10001 stylobate && useradd --uid 10001 --gid stylobate --no-create-home stylobate \
    && install --directory --owner=10001 --group=10001 --mode=0700 /srv/var
COPY --from=build /opt/stylobate /opt/stylobate
ENV PATH=/opt/stylobate/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /srv
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
CMD ["stylobate", "--help"]
