#!/bin/bash
# Copies the published definitions at the versions below into this folder. Called by `go generate`.
set -eu
cd "$(dirname "$0")"
dir() { (cd "$(mktemp -d)" && go mod init copy >/dev/null 2>&1 && go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'); }
mkdir -p istio gatewayapi
rm -f istio/*.yaml gatewayapi/*.yaml
cp "$(dir istio.io/api@v1.31.1)/kubernetes/customresourcedefinitions.gen.yaml" istio/
cp "$(dir sigs.k8s.io/gateway-api@v1.6.1)"/config/crd/standard/gateway.networking.k8s.io_*.yaml gatewayapi/
rm -f gatewayapi/*_vap_*.yaml # an admission policy, not a definition
chmod u+w istio/* gatewayapi/*
