# docker build -t kanari-dev/kanari-controller:latest .
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY api api
COPY cmd cmd
COPY internal internal
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/kanari-controller ./cmd/kanari-controller

FROM scratch
COPY --from=build /out/kanari-controller /kanari-controller
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 65532:65532
ENTRYPOINT ["/kanari-controller"]
