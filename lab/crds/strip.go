package crds

import apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

// strip takes the descriptions out of a definition's schemas. Nobody reads them in the lab, and with them the API
// server starts more slowly and holds much more memory.
func strip(crd *apiextensionsv1.CustomResourceDefinition) {
	for _, v := range crd.Spec.Versions {
		if v.Schema != nil {
			stripSchema(v.Schema.OpenAPIV3Schema)
		}
	}
}

func stripSchema(s *apiextensionsv1.JSONSchemaProps) {
	if s == nil {
		return
	}
	s.Description = ""
	for name, p := range s.Properties {
		stripSchema(&p)
		s.Properties[name] = p
	}
	stripSchema(s.Not)
	if s.Items != nil {
		stripSchema(s.Items.Schema)
	}
	if s.AdditionalProperties != nil {
		stripSchema(s.AdditionalProperties.Schema)
	}
	for _, list := range [][]apiextensionsv1.JSONSchemaProps{s.AllOf, s.AnyOf, s.OneOf} {
		for i := range list {
			stripSchema(&list[i])
		}
	}
}
