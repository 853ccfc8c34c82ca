package v1alpha1

import (
	"bytes"
	"strconv"
)

// ObservedGeneration is the metadata.generation that a status speaks of; zero says that none was seen.
// It is written as a JSON number, which generic tools need, and read from a number or a decimal string.
// For an API server whose schema wants strings see StringGenerations.
//
// +kubebuilder:validation:XIntOrString
// +kubebuilder:validation:Type=""
// +kubebuilder:validation:Format=""
type ObservedGeneration int64

// String is the decimal form.
func (g ObservedGeneration) String() string { return strconv.FormatInt(int64(g), 10) }

// UnmarshalJSON reads a number or a string. What is no decimal number, the empty string among it, counts as zero:
// a status that cannot be understood is a status that has seen nothing, and must not hide the rest of the object.
func (g *ObservedGeneration) UnmarshalJSON(raw []byte) error {
	n, err := strconv.ParseInt(string(bytes.Trim(raw, `"`)), 10, 64)
	if err != nil {
		n = 0
	}
	*g = ObservedGeneration(n)
	return nil
}

// StringGenerations rewrites the two top-level generations of a Rollout status, given as decoded JSON, into strings
// in place. Callers use it where the installed CRD declares them as strings.
func StringGenerations(status map[string]any) {
	for _, key := range []string{"observedGeneration", "workloadObservedGeneration"} {
		switch n := status[key].(type) {
		case int64:
			status[key] = strconv.FormatInt(n, 10)
		case float64:
			status[key] = strconv.FormatInt(int64(n), 10)
		case ObservedGeneration:
			status[key] = n.String()
		}
	}
}
