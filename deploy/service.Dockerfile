# A service. Context: the repository. Arguments: SERVICE (orders), FOLDER (order_service), BASE, VERSION, REVISION.
# BASE is a Debian with Python 3.11 or newer and its venv module.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG FOLDER
WORKDIR /build
COPY local/bootstrap.lock ./
RUN python3 -m venv /tools && /tools/bin/pip install --no-cache-dir --quiet --require-hashes -r bootstrap.lock
COPY ${FOLDER}/requirements.lock ./
# mysqlclient has no wheel for Linux.
RUN if grep -q '^mysqlclient==' requirements.lock; then \
        apt-get update && apt-get install --yes --no-install-recommends \
            gcc libc6-dev libmariadb-dev pkg-config python3-dev; \
    fi
RUN python3 -m venv --without-pip /opt/souk && \
    /tools/bin/pip --python /opt/souk/bin/python install --no-cache-dir --no-compile --quiet \
        --require-hashes -r requirements.lock
COPY chassis ./chassis
# `hatchling` is that of bootstrap.lock.
RUN /tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheels ./chassis && \
    /tools/bin/pip --python /opt/souk/bin/python install --no-compile --quiet --no-deps wheels/*.whl

FROM ${BASE}
ARG SERVICE
ARG FOLDER
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="souk-${SERVICE}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY ${FOLDER}/requirements.lock /tmp/
RUN if grep -q '^mysqlclient==' /tmp/requirements.lock; then \
        apt-get update && apt-get install --yes --no-install-recommends libmariadb3; \
    fi && \
    rm -rf /tmp/requirements.lock /var/lib/apt/lists/* /var/cache/apt/*.bin && \
    useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin souk
COPY --from=build /opt/souk /opt/souk
COPY deploy/souk /usr/local/bin/souk
COPY local/run/uvicorn_log.json /etc/souk/
COPY ${FOLDER} /srv/souk
WORKDIR /srv/souk
ENV PATH=/opt/souk/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    SERVICE=${SERVICE} \
    SOUK_VERSION=${VERSION} \
    STATIC_ROOT=/srv/static
# With the defaults of development, because no secret may be in an image; the gateway serves the files.
RUN python manage.py collectstatic --no-input --verbosity 0
# A read-only file system has no place for bytecode, so it is compiled here, also by whom a package's installer left out.
RUN python -m compileall -q -j 1 /opt/souk/lib /srv/souk
# SOUK_ENV is production unless a deployment says otherwise: then it refuses the defaults of development.
ENV SOUK_ENV=production
USER 10001:10001
EXPOSE 8000 9100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["souk", "healthy"]
ENTRYPOINT ["souk"]
CMD ["web"]
