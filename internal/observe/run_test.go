package observe

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestSecretsOfARun(t *testing.T) {
	secret := &corev1.Secret{Data: map[string][]byte{"token": []byte("a"), "user": []byte("b"), "nothing": nil}}
	secret.Namespace, secret.Name = "shop", "keys"
	foreign := &corev1.Secret{Data: map[string][]byte{"token": []byte("c")}}
	foreign.Namespace, foreign.Name = "elsewhere", "foreign"
	ref := func(name, key string) v1alpha1.SecretKeyRef { return v1alpha1.SecretKeyRef{Name: name, Key: key} }

	tests := map[string]struct {
		refs   []v1alpha1.SecretKeyRef
		broken error
		want   map[v1alpha1.SecretKeyRef]string
		reads  int
	}{
		"nothing is read where nothing is named": {want: map[v1alpha1.SecretKeyRef]string{}},
		"keys of one Secret cost one read": {
			refs:  []v1alpha1.SecretKeyRef{ref("keys", "token"), ref("keys", "user")},
			want:  map[v1alpha1.SecretKeyRef]string{ref("keys", "token"): "a", ref("keys", "user"): "b"},
			reads: 1,
		},
		"an empty value is there, an absent key and an absent Secret are not": {
			refs:  []v1alpha1.SecretKeyRef{ref("keys", "nothing"), ref("keys", "absent"), ref("absent", "token"), ref("absent", "user")},
			want:  map[v1alpha1.SecretKeyRef]string{ref("keys", "nothing"): ""},
			reads: 2,
		},
		"a Secret of another namespace is absent": {
			refs: []v1alpha1.SecretKeyRef{ref("foreign", "token")}, want: map[v1alpha1.SecretKeyRef]string{}, reads: 1,
		},
		"a failed read is an error": {
			refs: []v1alpha1.SecretKeyRef{ref("keys", "token")}, broken: errors.New("forbidden"), reads: 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			reads := 0
			live := fake.NewClientBuilder().WithObjects(secret, foreign).WithInterceptorFuncs(interceptor.Funcs{
				Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
					reads++
					if tt.broken != nil {
						return tt.broken
					}
					return c.Get(ctx, key, o, options...)
				},
			}).Build()
			got, err := Vault{Live: live}.values(t.Context(), "shop", tt.refs)
			if !errors.Is(err, tt.broken) || reads != tt.reads {
				t.Errorf("%d reads end with %v, want %d and %v", reads, err, tt.reads, tt.broken)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
}
