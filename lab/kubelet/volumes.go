package kubelet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// files are what a volume holds, by path inside it.
type files map[string][]byte

// fillVolume writes a volume of a pod into dir, as it is now: later changes of a ConfigMap do not reach it.
func (w *worker) fillVolume(ctx context.Context, pod *corev1.Pod, v *corev1.Volume, dir string) error {
	all, err := w.volumeFiles(ctx, pod, v)
	if err != nil {
		return fmt.Errorf("volume %q: %w", v.Name, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for path, text := range all {
		path = filepath.Join(dir, filepath.Join("/", path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) volumeFiles(ctx context.Context, pod *corev1.Pod, v *corev1.Volume) (files, error) {
	switch {
	case v.EmptyDir != nil:
		return nil, nil
	case v.ConfigMap != nil:
		return w.configMapFiles(ctx, pod.Namespace, v.ConfigMap.Name, v.ConfigMap.Items)
	case v.Projected != nil:
		return w.projectedFiles(ctx, pod, v.Projected.Sources)
	}
	return nil, errors.New("the lab has only configMap, emptyDir and projected volumes")
}

// configMapFiles are the items of a ConfigMap, all of them if none are named.
func (w *worker) configMapFiles(ctx context.Context, namespace, name string, items []corev1.KeyToPath) (files, error) {
	object, err := w.kubelet.client.CoreV1().ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	content := files{}
	for key, text := range object.Data {
		content[key] = []byte(text)
	}
	maps.Copy(content, object.BinaryData)
	if len(items) == 0 {
		return content, nil
	}
	chosen := files{}
	for _, item := range items {
		text, ok := content[item.Key]
		if !ok {
			return nil, fmt.Errorf("ConfigMap %q has no key %q", name, item.Key)
		}
		chosen[item.Path] = text
	}
	return chosen, nil
}

// projectedFiles are those of every source together: what the API server gives to a pod's account comes so.
func (w *worker) projectedFiles(ctx context.Context, pod *corev1.Pod, sources []corev1.VolumeProjection) (files, error) {
	all := files{}
	for i := range sources {
		some, err := w.sourceFiles(ctx, pod, &sources[i])
		if err != nil {
			return nil, err
		}
		maps.Copy(all, some)
	}
	return all, nil
}

func (w *worker) sourceFiles(ctx context.Context, pod *corev1.Pod, s *corev1.VolumeProjection) (files, error) {
	switch {
	case s.ServiceAccountToken != nil:
		token, err := w.token(ctx, pod, s.ServiceAccountToken)
		if err != nil {
			return nil, fmt.Errorf("asking for a token: %w", err)
		}
		return files{s.ServiceAccountToken.Path: []byte(token)}, nil
	case s.ConfigMap != nil:
		return w.configMapFiles(ctx, pod.Namespace, s.ConfigMap.Name, s.ConfigMap.Items)
	case s.DownwardAPI != nil:
		return w.fieldFiles(pod, s.DownwardAPI.Items)
	}
	return nil, errors.New("the lab projects only tokens, ConfigMaps and fields")
}

func (w *worker) fieldFiles(pod *corev1.Pod, items []corev1.DownwardAPIVolumeFile) (files, error) {
	all := files{}
	for _, item := range items {
		text, err := w.field(pod, item.FieldRef)
		if err != nil {
			return nil, err
		}
		all[item.Path] = []byte(text)
	}
	return all, nil
}

// token is bound to the pod, and ends with it. The API server makes those that pods have by default valid for a year,
// so it is not renewed.
func (w *worker) token(ctx context.Context, pod *corev1.Pod, p *corev1.ServiceAccountTokenProjection) (string, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: p.ExpirationSeconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID},
	}}
	if p.Audience != "" {
		request.Spec.Audiences = []string{p.Audience}
	}
	granted, err := w.kubelet.client.CoreV1().ServiceAccounts(pod.Namespace).CreateToken(ctx, pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return granted.Status.Token, nil
}
