# The program on a minimal base, with no shell and no root. Not run in this project's CI; linted only.
#
#   docker build -t process-queue .
#   docker buildx build --platform linux/amd64,linux/arm64 -t process-queue .

# The binary is made on the builder's own platform, for the platform of the image.
FROM --platform=$BUILDPLATFORM denoland/deno:debian-2.9.6 AS build
ARG TARGETARCH
WORKDIR /source
# Packages first, so that a change of the source does not download them again.
COPY deno.json deno.lock ./
RUN deno install --frozen
COPY . .
RUN case "$TARGETARCH" in \
      amd64) target=x86_64-unknown-linux-gnu ;; \
      arm64) target=aarch64-unknown-linux-gnu ;; \
      *) echo "no binary for $TARGETARCH: build for amd64 or arm64" >&2; exit 1 ;; \
    esac && \
    deno task compile --target "$target" /out/process-queue && \
    mkdir -p /out/state

# glibc and libgcc, which the runtime in the binary needs. "nonroot" is the user 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="process-queue" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /out/process-queue /usr/local/bin/process-queue
COPY --from=build --chown=65532:65532 /out/state /var/lib/process-queue
ENV STATE_DIR=/var/lib/process-queue \
    QUEUE_STATS_DIR=/var/lib/process-queue/stats \
    LOG_FORMAT=json
WORKDIR /var/lib/process-queue
VOLUME /var/lib/process-queue
USER 65532:65532
# Asks the process over its socket in STATE_DIR. An unavailable broker is not unhealthy.
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
  CMD ["/usr/local/bin/process-queue", "health", "--live", "--timeout", "5"]
ENTRYPOINT ["/usr/local/bin/process-queue"]
CMD ["--all"]
