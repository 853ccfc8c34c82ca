package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kanari-dev/kanari/lab/supervise"
)

func newKubeconfig() *cobra.Command {
	var lab target
	const use = "kubeconfig NAMESPACE/SERVICEACCOUNT"
	cmd := &cobra.Command{
		Use:   use,
		Short: "Print a kubeconfig for a ServiceAccount, valid for a day, with the rights that RBAC gives it",
		Args:  wordsFor(use, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			namespace, name, ok := strings.Cut(args[0], "/")
			if !ok {
				return supervise.BadInput{Err: errors.New("want: " + use)}
			}
			state, err := lab.state()
			if err != nil {
				return err
			}
			text, err := kubeconfigFor(cmd.Context(), state.Kubeconfig, namespace, name)
			if err != nil {
				return err
			}
			_, err = os.Stdout.Write(text)
			return err
		},
	}
	lab.add(cmd)
	return cmd
}

const day = int64(24 * 60 * 60)

// kubeconfigFor exchanges the administrator's kubeconfig for an account's.
func kubeconfigFor(ctx context.Context, admin, namespace, name string) ([]byte, error) {
	kc, err := clientcmd.LoadFromFile(admin)
	if err != nil {
		return nil, err
	}
	cfg, err := clientcmd.NewDefaultClientConfig(*kc, nil).ClientConfig()
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	seconds := day
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	granted, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if apierrors.IsNotFound(err) {
		return nil, supervise.BadInput{Err: fmt.Errorf("there is no ServiceAccount %q in namespace %q; create it first", name, namespace)}
	}
	if err != nil {
		return nil, fmt.Errorf("asking for a token of ServiceAccount %s/%s: %w", namespace, name, err)
	}
	kc.AuthInfos = map[string]*clientcmdapi.AuthInfo{name: {Token: granted.Status.Token}}
	kc.Contexts[kc.CurrentContext].AuthInfo = name
	return clientcmd.Write(*kc)
}
