# The image of holdfast: two programs (holdfast, kopia), the libraries that they load, and nothing else; no shell.
# BuildKit builds it.
#
#   make image                     what it is built with, and how its parts are chosen: docs/image.md
#
#   BASE               Debian 12 for the stages that build
#   --platform         linux/amd64 or linux/arm64: the image's; the stages that build run on the builder's own
#   VERSION, REVISION  for the labels and the bill of materials
#   SOURCE_DATE_EPOCH  time of every file in the image
ARG BASE=debian:bookworm-slim

FROM --platform=${BUILDPLATFORM} ${BASE} AS tools
ARG TARGETARCH
COPY tools/setup tools/setup
COPY tools/image/packages tools/image/packages
RUN tools/image/packages "${TARGETARCH}" && rm -rf /var/lib/apt/lists/*

FROM tools AS kopia
ARG TARGETARCH
WORKDIR /src
COPY tools/components/build tools/components/build
COPY tools/components/kopia tools/components/kopia
RUN HOLDFAST_CACHE=/cache GOARCH="${TARGETARCH}" tools/components/build kopia-stripped >/tmp/folder \
    && install -D "$(cat /tmp/folder)/kopia-stripped" /out/kopia

FROM tools AS program
ARG TARGETARCH
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY src src
COPY webhook webhook
COPY certs certs
COPY tools/image/arm64.cmake tools/image/amd64.cmake tools/image/
ENV CCACHE_DIR=/ccache
RUN --mount=type=cache,target=/ccache \
    cmake --preset release -DCMAKE_TOOLCHAIN_FILE="/src/tools/image/${TARGETARCH}.cmake" >/dev/null \
    && cmake --build --preset release \
    && install -D --strip --strip-program="$(sed -n 's/^set(STRIP \(.*\))$/\1/p' "tools/image/${TARGETARCH}.cmake")" \
         build/holdfast /out/holdfast

FROM tools AS rootfs
ARG TARGETARCH
ARG VERSION=0
ARG SOURCE_DATE_EPOCH=0
COPY tools/image /image
COPY --from=program /out/holdfast /programs/holdfast
COPY --from=kopia /out/kopia /programs/kopia
RUN /image/rootfs --holdfast /programs/holdfast --kopia /programs/kopia --version "${VERSION}" --arch "${TARGETARCH}" \
      --epoch "${SOURCE_DATE_EPOCH}" --out /rootfs

FROM scratch
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="holdfast" \
      org.opencontainers.image.description="A PVC that ever had a backup never silently comes back empty" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=rootfs /rootfs /
ENV PATH=/usr/local/bin
USER 65532:65532
EXPOSE 9443 8080
ENTRYPOINT ["/usr/local/bin/holdfast"]
CMD ["serve"]
