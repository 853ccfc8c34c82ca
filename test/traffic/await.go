package traffic

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kanari-dev/kanari/test/e2e"
)

// Watched are the objects of one kind in a namespace, or in all, that have certain labels.
type Watched struct {
	Resource  schema.GroupVersionResource
	Namespace string
	Labels    string // as in app=web; all if it is empty
}

// Await waits until something holds of what is there.
func Await(ctx context.Context, lab *e2e.Lab, watched Watched, what string, holds func([]*unstructured.Unstructured) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := lab.Dynamic.Resource(watched.Resource).Namespace(watched.Namespace)
	list, err := client.List(ctx, metav1.ListOptions{LabelSelector: watched.Labels})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	there := map[string]*unstructured.Unstructured{}
	for i := range list.Items {
		there[list.Items[i].GetName()] = &list.Items[i]
	}
	events, err := client.Watch(ctx, metav1.ListOptions{LabelSelector: watched.Labels, ResourceVersion: list.GetResourceVersion()})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	defer events.Stop()
	for !holds(values(there)) {
		if err := next(ctx, events, there); err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
	}
	return nil
}

var errWatchEnded = errors.New("the watch ended")

// next takes one event in.
func next(ctx context.Context, events watch.Interface, there map[string]*unstructured.Unstructured) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case event, more := <-events.ResultChan():
		object, ok := event.Object.(*unstructured.Unstructured)
		switch {
		case !more || !ok:
			return errWatchEnded
		case event.Type == watch.Deleted:
			delete(there, object.GetName())
		default:
			there[object.GetName()] = object
		}
		return nil
	}
}

func values(there map[string]*unstructured.Unstructured) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, object := range there {
		all = append(all, object)
	}
	return all
}
