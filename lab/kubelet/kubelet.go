package kubelet

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/kanari-dev/kanari/lab/network"
	"github.com/kanari-dev/kanari/lab/serve"
)

// Kubelet serves all nodes of the lab.
type Kubelet struct {
	settings Settings
	client   kubernetes.Interface
	servers  *serve.Servers
	pool     network.Pool
	life     context.Context
	stop     context.CancelFunc
	work     sync.WaitGroup

	mu    sync.Mutex
	nodes map[string]*node
	pods  map[types.UID]*worker
}

// Start makes the nodes and begins to look after the pods on them; Stop ends it. ctx bounds the making.
func Start(ctx context.Context, cfg *rest.Config, settings Settings, servers *serve.Servers) (*Kubelet, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.ContentType = "application/vnd.kubernetes.protobuf"
	cfg.UserAgent = "kanari-lab-kubelet"
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	k := &Kubelet{settings: settings, client: client, servers: servers, nodes: map[string]*node{}, pods: map[types.UID]*worker{}}
	k.life, k.stop = context.WithCancel(context.Background())
	for i, spec := range settings.Nodes {
		n := &node{Node: spec, address: network.Node(i + 1).String()}
		if err := k.register(ctx, n); err != nil {
			return nil, fmt.Errorf("making node %q: %w", spec.Name, err)
		}
		k.nodes[spec.Name] = n
	}
	return k, k.watch(ctx)
}

// Stop ends the servers of all pods and returns when every worker has ended.
func (k *Kubelet) Stop() {
	k.stop()
	k.work.Wait()
}

func (k *Kubelet) watch(ctx context.Context) error {
	factory := informers.NewSharedInformerFactoryWithOptions(k.client, 0, informers.WithTweakListOptions(func(o *metav1.ListOptions) {
		o.FieldSelector = fields.OneTermNotEqualSelector("spec.nodeName", "").String()
	}))
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { k.seen(o.(*corev1.Pod)) },
		UpdateFunc: func(_, o any) { k.seen(o.(*corev1.Pod)) },
		DeleteFunc: k.gone,
	})
	if err != nil {
		return err
	}
	factory.Start(k.life.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return fmt.Errorf("reading the pods: %w", ctx.Err())
	}
	return nil
}

// seen hands a pod's newest state to its worker, which is started at the first sight of it.
func (k *Kubelet) seen(pod *corev1.Pod) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, ours := k.nodes[pod.Spec.NodeName]
	if !ours {
		return
	}
	w, known := k.pods[pod.UID]
	if !known {
		if terminal(pod) && pod.DeletionTimestamp == nil {
			return
		}
		w = newWorker(k, n, pod)
		k.pods[pod.UID] = w
		k.work.Go(func() { w.run(k.life) })
		return
	}
	w.tell(func() { w.pod = pod })
}

func (k *Kubelet) gone(object any) {
	if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = last.Obj
	}
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if w, known := k.pods[pod.UID]; known {
		delete(k.pods, pod.UID)
		w.tell(func() { w.removed = true })
	}
}

func terminal(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}
