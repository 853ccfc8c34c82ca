package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// controllers is the group in whose name controllers act. It has the rights of config/rbac and no other.
const controllers = "kanari-e2e-controllers"

// BuildController builds the controller into the lab's folder.
func (l *Lab) BuildController(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", l.controllerPath(), "./cmd/kanari-controller")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building the controller: %w", err)
	}
	return nil
}

func (l *Lab) controllerPath() string { return filepath.Join(l.Folder, "kanari-controller") }

// Grant installs the rights that are delivered with the controller and binds them to the group of controllers.
func (l *Lab) Grant(ctx context.Context) error {
	for _, folder := range []string{"manager/namespace.yaml", "rbac/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(root, "config", folder))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("config/%s: no such file (%w)", folder, err)
		}
		for _, file := range files {
			if err := l.install(ctx, file); err != nil {
				return fmt.Errorf("installing %s: %w", file, err)
			}
		}
	}
	group := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: controllers}}
	cluster := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: controllers}, Subjects: group}
	cluster.RoleRef = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "kanari-controller"}
	leases := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "kanari-system", Name: controllers}, Subjects: group}
	leases.RoleRef = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "kanari-leases"}
	return errors.Join(unlessThere(l.Client.Create(ctx, cluster)), unlessThere(l.Client.Create(ctx, leases)))
}

func (l *Lab) install(ctx context.Context, file string) error {
	reader, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	objects, err := decode(reader)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if object.GetKind() == "Kustomization" {
			continue
		}
		if err := unlessThere(l.Client.Create(ctx, object)); err != nil {
			return err
		}
	}
	return nil
}

func unlessThere(err error) error {
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// Controller is a running kanari-controller, a process of its own.
type Controller struct {
	// User is in whose name it acts: its requests are told by it in the audit log.
	User string

	process *exec.Cmd
	ended   sync.Once
	end     error
}

// StartController starts a controller under a user of that name. What it logs goes to a file of that name in the lab's folder.
func (l *Lab) StartController(name string, flags ...string) (*Controller, error) {
	return l.launch(name, []string{controllers}, flags)
}

// StartConfined starts a controller that has its rights, and works, in one namespace only.
func (l *Lab) StartConfined(ctx context.Context, namespace, name string, flags ...string) (*Controller, error) {
	rights := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	rights.Subjects = []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: l.userOf(name)}}
	rights.RoleRef = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "kanari-controller"}
	if err := l.Client.Create(ctx, rights); err != nil {
		return nil, fmt.Errorf("granting rights in %s: %w", namespace, err)
	}
	return l.launch(name, nil, append(flags, "--namespace="+namespace))
}

func (l *Lab) launch(name string, groups, flags []string) (*Controller, error) {
	kubeconfig, err := l.impersonating(name, groups)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(l.LogOf(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own
	process := exec.CommandContext(context.Background(), l.controllerPath(), append([]string{"--metrics-address=0", "--health-address=0", "--log-format=text"}, flags...)...)
	// The gateway is its way into the cluster; loopback, where the API server and the tests' own servers are, never goes by a proxy.
	process.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "HTTP_PROXY="+l.Gateway)
	process.Stdout, process.Stderr = io.Discard, log
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("starting the controller: %w", err)
	}
	return &Controller{User: l.userOf(name), process: process}, nil
}

// LogOf is the file of a controller's log.
func (l *Lab) LogOf(name string) string { return filepath.Join(l.Folder, name+".log") }

// userOf differs from run to run: the audit log may be older than this one.
func (l *Lab) userOf(name string) string { return filepath.Base(l.Folder) + ":" + name }

// impersonating writes a kubeconfig of a user who belongs to groups.
func (l *Lab) impersonating(name string, groups []string) (path string, err error) {
	config, err := clientcmd.LoadFromFile(l.Kubeconfig)
	if err != nil {
		return "", err
	}
	for _, user := range config.AuthInfos {
		user.Impersonate, user.ImpersonateGroups = l.userOf(name), groups
	}
	path = filepath.Join(l.Folder, name+".kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// Stop asks the controller to end and waits for that.
func (c *Controller) Stop() error { return c.finish(syscall.SIGTERM) }

// Kill ends the controller as a lost machine would.
func (c *Controller) Kill() { _ = c.finish(syscall.SIGKILL) }

// Killed tells whether the controller was killed.
func (c *Controller) Killed() bool {
	status, ok := c.process.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

func (c *Controller) finish(signal syscall.Signal) error {
	c.ended.Do(func() { c.end = errors.Join(c.process.Process.Signal(signal), c.process.Wait()) })
	return c.end
}
