# syntax=docker/dockerfile:1
# The service alone; docker-compose.yml adds PostgreSQL. docs/containers.md says what of this has been tried and how.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# Package versions first: this layer is built anew only when they change.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY Api/Api.csproj Api/
COPY Core/Core.csproj Core/
COPY Infrastructure/Infrastructure.csproj Infrastructure/
COPY Clients/Wire/Wire.csproj Clients/Wire/
RUN dotnet restore Api/Api.csproj --use-current-runtime -p:PublishReadyToRun=true
COPY Api Api
COPY Core Core
COPY Infrastructure Infrastructure
COPY Clients/Wire Clients/Wire
COPY db db
# The pages at /docs.
COPY README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md ARCHITECTURE.md ./
COPY docs docs
RUN dotnet publish Api/Api.csproj -c Release --no-restore --use-current-runtime --no-self-contained -p:PublishReadyToRun=true \
    -p:RunAnalyzers=false -o /service

# The libraries of the pages at /examples, and the console in few files.
FROM node:20-slim AS examples
WORKDIR /examples
COPY tools/Examples/package.json tools/Examples/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tools/Examples/*.mjs ./
# Not /lib: that is the system's.
RUN node bundle.mjs /bundles
COPY Api/wwwroot /wwwroot
RUN cd /wwwroot/build && npm ci --no-audit --no-fund && node pack.mjs /wwwroot && rm -rf /wwwroot/build

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# pg_dump and pg_restore, for the verbs backup and restore: of the version that the base's Ubuntu has, 16, as docker-compose.yml's server.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
# The image's own unprivileged user (1654) owns the data; a new volume takes the folder's owner and mode.
RUN install -d -o app -g app -m 0700 /data
WORKDIR /service
COPY --from=build /service .
COPY --from=examples /bundles wwwroot/examples/lib
COPY --from=examples /wwwroot/console wwwroot/console
USER app
# ASP.NET's own variables for addresses are not read: this is the one place. The last four as in tools/run: 32 MB less.
ENV ChunkUpload__Data__Directory=/data \
    ChunkUpload__Host__Urls=http://0.0.0.0:8080 \
    ChunkUpload__Log__Format=Json \
    DOTNET_GCgen0size=0x400000 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=65536 \
    MALLOC_TRIM_THRESHOLD_=65536
# Whoever publishes the image names where its source is, and which commit it was built from.
ARG SOURCE
ARG REVISION
LABEL org.opencontainers.image.title="ChunkUpload" \
    org.opencontainers.image.description="Receives large files over bad networks and never loses a byte it has acknowledged." \
    org.opencontainers.image.version="1.0.0" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.source="$SOURCE" \
    org.opencontainers.image.revision="$REVISION"
EXPOSE 8080
VOLUME /data
# The program asks itself: the image has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["dotnet", "ChunkUpload.Api.dll", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "ChunkUpload.Api.dll"]
CMD ["serve"]
