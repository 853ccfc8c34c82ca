package controlplane

import (
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const admin = "admin"

// writeAccess writes the API server's list of tokens and one kubeconfig for each of its users.
func writeAccess(c Config, crt []byte) error {
	file, err := os.OpenFile(c.path("tokens.csv"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	tokens := csv.NewWriter(file)
	for _, u := range append([]User{{Name: admin, Group: "system:masters"}}, c.Users...) {
		token := rand.Text()
		if err := tokens.Write([]string{token, u.Name, u.Name, u.Group}); err != nil {
			return err
		}
		path := c.KubeconfigOf(u.Name)
		if u.Name == admin {
			path = c.Kubeconfig()
		}
		if err := writeKubeconfig(path, login{port: c.Port, user: u.Name, token: token, crt: crt}); err != nil {
			return err
		}
		if u.Name == admin {
			inner := login{port: c.Inner, user: u.Name, token: token, crt: crt}
			if err := writeKubeconfig(c.path("kubeconfig-inner"), inner); err != nil {
				return err
			}
		}
	}
	tokens.Flush()
	return tokens.Error()
}

type login struct {
	port        int
	user, token string
	crt         []byte
}

func writeKubeconfig(path string, l login) error {
	kc := clientcmdapi.NewConfig()
	kc.Clusters["lab"] = &clientcmdapi.Cluster{Server: fmt.Sprintf("https://127.0.0.1:%d", l.port), CertificateAuthorityData: l.crt}
	kc.AuthInfos[l.user] = &clientcmdapi.AuthInfo{Token: l.token}
	kc.Contexts["lab"] = &clientcmdapi.Context{Cluster: "lab", AuthInfo: l.user}
	kc.CurrentContext = "lab"
	return clientcmd.WriteToFile(*kc, path)
}
