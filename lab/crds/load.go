package crds

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

//go:embed istio/*.yaml gatewayapi/*.yaml
var published embed.FS

const kind = "CustomResourceDefinition"

// loadPublished returns the embedded definitions.
func loadPublished() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	all, err := loadFrom(published, "istio", "gatewayapi")
	for _, crd := range all {
		strip(crd)
	}
	return all, err
}

func loadFolders(folders []string) ([]*apiextensionsv1.CustomResourceDefinition, error) {
	var all []*apiextensionsv1.CustomResourceDefinition
	for _, folder := range folders {
		found, err := loadFrom(os.DirFS(folder), ".")
		if err != nil {
			return nil, fmt.Errorf("reading the kinds in %s: %w", folder, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

func loadFrom(fsys fs.FS, dirs ...string) ([]*apiextensionsv1.CustomResourceDefinition, error) {
	var found []*apiextensionsv1.CustomResourceDefinition
	for _, dir := range dirs {
		names, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, err
			}
			crds, err := decode(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			found = append(found, crds...)
		}
	}
	return found, nil
}

// decode returns the definitions among a file's documents; others, such as a kustomization, are passed over.
func decode(text []byte) ([]*apiextensionsv1.CustomResourceDefinition, error) {
	var found []*apiextensionsv1.CustomResourceDefinition
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	defer documents.Close()
	buffer := make([]byte, len(text)+1)
	for {
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal(buffer[:n], crd); err != nil {
			return nil, err
		}
		if crd.Kind == kind {
			found = append(found, crd)
		}
	}
}
