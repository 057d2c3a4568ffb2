# Photopeak in a container: not root, a read-only root file system, data in /data.
#   docker build -t photopeak .
#   docker compose -f config/deploy/compose.yaml up
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY requirements.txt pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY service service
COPY analyzers analyzers
COPY config config
RUN python -m venv /opt/photopeak \
    && /opt/photopeak/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
    && /opt/photopeak/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Photopeak" \
      org.opencontainers.image.description="DICOM network service for quality control in nuclear medicine" \
      org.opencontainers.image.licenses="Apache-2.0"
# Chinese in reports as PDF needs a font.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-noto-cjk && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 11112 photopeak \
    && useradd --uid 11112 --gid photopeak --no-create-home --home-dir /data --shell /usr/sbin/nologin photopeak \
    && install -d -o photopeak -g photopeak -m 0750 /data /config
COPY --from=build /opt/photopeak /opt/photopeak
ENV PATH=/opt/photopeak/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PHOTOPEAK_DATA=/data \
    PHOTOPEAK_WEB__HOST=0.0.0.0
USER 11112:11112
WORKDIR /data
VOLUME ["/data"]
EXPOSE 11112 2762 8080
# Speaks C-ECHO and HTTP: a bare connection to the DICOM port proves nothing and costs a slot.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["photopeak", "doctor", "--quick"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["photopeak"]
CMD ["serve"]
