FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md ./
COPY domain domain
COPY store store
COPY gateways gateways
COPY activities activities
COPY workflows workflows
COPY worker worker
COPY starter starter
RUN python -m venv /app && /app/bin/pip install --no-cache-dir ".[stripe,easypost]"

FROM python:3.12-slim
LABEL org.opencontainers.image.title="Backorder" \
      org.opencontainers.image.description="Durable backorder management for shops, on Temporal"
RUN useradd --create-home --uid 10001 backorder
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 BACKORDER_DATA_DIR=/data
RUN mkdir /data && chown backorder /data
USER backorder
WORKDIR /home/backorder
ENTRYPOINT ["backorder"]
CMD ["worker"]
