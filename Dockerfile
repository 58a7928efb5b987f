# The server for a team, see docs/operations.md; over standard input and output: docker run -i IMAGE serve

FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ONLY_BINARY=:all: PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /source

# An environment without pip; what is installed into it comes from the lock, by hash.
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv --without-pip /opt/bitrix24-dialogs \
 && python -m pip --python /opt/bitrix24-dialogs/bin/python install --no-compile --require-hashes \
        -r requirements.lock

# The build backend, locked among the development tools; it stays in this stage.
RUN awk '/^[a-z]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|trove-classifiers)==/ } wanted' \
        requirements-dev.lock > requirements-build.lock \
 && python -m pip install --no-deps --require-hashes -r requirements-build.lock

COPY pyproject.toml README.md LICENSE ./
COPY server server
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && python -m pip --python /opt/bitrix24-dialogs/bin/python install --no-compile --no-deps /wheel/*.whl

# Nothing can be compiled on a read-only root, so all of it is here, and believed without a look at the sources' times.
# The packages' own tests are of no use to the server.
RUN find /opt/bitrix24-dialogs -type d -name tests -prune -exec rm -r {} + \
 && python -m compileall -q --invalidation-mode unchecked-hash /opt/bitrix24-dialogs/lib


FROM python:3.13-slim-trixie
ENV PATH=/opt/bitrix24-dialogs/bin:$PATH PYTHONDONTWRITEBYTECODE=1
# The base brings its standard library uncompiled; every start would compile it anew.
RUN python -m compileall -q --invalidation-mode unchecked-hash \
        -x '/(dist-packages|ensurepip|idlelib|lib2to3|pydoc_data|site-packages|test|tkinter|turtledemo)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/bitrix24-dialogs /opt/bitrix24-dialogs

# A number, so that Kubernetes can see that it is not root. It owns no file and needs to write none.
USER 65532:65532
WORKDIR /
EXPOSE 8000
STOPSIGNAL SIGTERM
# Asks the server itself, not by way of a proxy that the environment may name.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-IS", "-c", "from http.client import HTTPConnection; c = HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["bitrix24-dialogs-mcp"]
CMD ["serve", "--transport", "http", "--host", "0.0.0.0", "--port", "8000"]

# Who publishes, from manifests/identity.toml by `make manifests`, or with --build-arg.
ARG VERSION="0.1.0"
ARG PUBLISHER="Your Organisation"
ARG CONTACT="you@example.com"
ARG REPOSITORY="https://github.com/your-organisation/bitrix24-dialogs-mcp"
ARG HOMEPAGE="https://github.com/your-organisation/bitrix24-dialogs-mcp"
ARG REGISTRY_NAME="io.github.your-organisation/bitrix24-dialogs-mcp"
LABEL org.opencontainers.image.title="bitrix24-dialogs-mcp" \
      org.opencontainers.image.description="A support desk in Bitrix24 Open Channels: find, read, accept, answer and rate client dialogs." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.vendor="${PUBLISHER}" \
      org.opencontainers.image.authors="${PUBLISHER} <${CONTACT}>" \
      org.opencontainers.image.source="${REPOSITORY}" \
      org.opencontainers.image.url="${HOMEPAGE}" \
      org.opencontainers.image.documentation="${REPOSITORY}/blob/main/docs/operations.md" \
      io.modelcontextprotocol.server.name="${REGISTRY_NAME}"
