package crds

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

func TestSeed(t *testing.T) {
	stored := map[string]string{}
	kinds, err := Seed(time.Unix(1000, 0), func(key, value string) error {
		stored[key] = value
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) != len(stored) {
		t.Errorf("%d kinds, %d stored", len(kinds), len(stored))
	}
	for _, name := range []string{
		"virtualservices.networking.istio.io", "destinationrules.networking.istio.io", "gateways.networking.istio.io",
		"serviceentries.networking.istio.io", "sidecars.networking.istio.io",
		"httproutes.gateway.networking.k8s.io", "gateways.gateway.networking.k8s.io", "grpcroutes.gateway.networking.k8s.io",
	} {
		var crd apiextensionsv1.CustomResourceDefinition
		if err := json.Unmarshal([]byte(stored[storage+name]), &crd); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if crd.UID == "" || len(crd.Status.StoredVersions) != 1 || len(crd.Status.Conditions) != 2 || crd.Status.AcceptedNames.ListKind == "" {
			t.Errorf("%s is not established: %+v", name, crd.Status)
		}
		schema, err := json.Marshal(crd.Spec.Versions[0].Schema)
		if err != nil || strings.Contains(string(schema), `"description":"`) {
			t.Errorf("%s still has descriptions (error %v)", name, err)
		}
	}
}

func TestDecodePassesOverOtherDocuments(t *testing.T) {
	found, err := decode([]byte("kind: Kustomization\n---\nkind: CustomResourceDefinition\nmetadata: {name: a}\n---\nkind: CustomResourceDefinition\nmetadata: {name: b}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Name != "a" || found[1].Name != "b" {
		t.Errorf("found %d: %v", len(found), found)
	}
}
