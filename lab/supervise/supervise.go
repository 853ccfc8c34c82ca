package supervise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/kanari-dev/kanari/lab/cluster"
	"github.com/kanari-dev/kanari/lab/folder"
)

// Options are what the outer process decides.
type Options struct {
	Spec    cluster.Spec
	Network string // auto, private or mapped
	Port    int    // of the API server; 0: any free one
	Gateway int    // port of the gateway; 0: any free one
	Log     string // file for the components' log; empty: lab.log in the folder
}

// InnerCommand is the hidden subcommand that the inner process is started with.
const InnerCommand = "inner"

// BadInput is an error of the caller's that has a one-line way out.
type BadInput struct{ Err error }

func (b BadInput) Error() string { return b.Err.Error() }

// Unwrap gives the error itself.
func (b BadInput) Unwrap() error { return b.Err }

// Lab is a running lab as its outer process sees it.
type Lab struct {
	State folder.State
	home  *folder.Folder
	keep  bool
	inner *exec.Cmd
	line  io.Closer     // closing it asks the inner process to stop
	ended chan struct{} // closed when the inner process has ended
}

// Start returns when the lab is ready.
func Start(o Options) (*Lab, error) {
	folder.Sweep()
	home, err := folder.Open(o.Spec.Dir)
	if err != nil {
		return nil, BadInput{err}
	}
	lab, err := startIn(home, o)
	if err != nil {
		if !o.Spec.Keep {
			_ = home.Remove()
		}
		return nil, err
	}
	return lab, nil
}

func startIn(home *folder.Folder, o Options) (*Lab, error) {
	doors, err := openDoors(o)
	if err != nil {
		return nil, BadInput{err}
	}
	defer doors.close()
	o.Spec.Dir, o.Spec.Made, o.Spec.Port = home.Path, home.Made, doors.api.port
	lab, news, err := tryNetworks(home, o, doors)
	if err != nil {
		return nil, err
	}
	lab.State = folder.State{
		PID: os.Getpid(), Dir: home.Path, Kubeconfig: filepath.Join(home.Path, "kubeconfig"), Network: news.Network,
		API: doors.api.url("https"), Gateway: doors.gateway.url("http"), Control: doors.control.url("http"),
	}
	return lab, lab.State.Save()
}

// tryNetworks starts the inner process in the first network that this machine allows.
func tryNetworks(home *folder.Folder, o Options, d *doors) (*Lab, cluster.News, error) {
	var refusals error
	for _, way := range ways(o.Network) {
		o.Spec.Private = way.private
		lab, news, err := launch(home, o, d, way)
		if err != nil {
			refusals = errors.Join(refusals, fmt.Errorf("%s: %w", way.name, err))
			continue
		}
		if news.Ready {
			return lab, news, nil
		}
		lab.end()
		if !news.Refused {
			return nil, news, errors.New(news.Error)
		}
		refusals = errors.Join(refusals, fmt.Errorf("%s: %s", way.name, news.Error))
	}
	return nil, cluster.News{}, fmt.Errorf("starting the lab: %w", refusals)
}

// launch starts an inner process and waits for its first news.
func launch(home *folder.Folder, o Options, d *doors, way way) (*Lab, cluster.News, error) {
	log, err := openLog(home, o.Log)
	if err != nil {
		return nil, cluster.News{}, err
	}
	defer log.Close()
	ear, mouth, err := os.Pipe()
	if err != nil {
		return nil, cluster.News{}, err
	}
	defer ear.Close()
	defer mouth.Close()
	inner := exec.Command("/proc/self/exe", InnerCommand)
	inner.Args[0] = "kanari-lab"
	inner.Stdout, inner.Stderr = log, log
	inner.ExtraFiles = []*os.File{d.api.file, d.gateway.file, d.control.file, home.Lock, mouth}
	inner.SysProcAttr = way.attributes()
	line, err := inner.StdinPipe()
	if err != nil {
		return nil, cluster.News{}, err
	}
	if err := inner.Start(); err != nil {
		return nil, cluster.News{}, err
	}
	_ = mouth.Close() // so that the inner process's end ends the news
	lab := &Lab{home: home, keep: o.Spec.Keep, inner: inner, line: line, ended: make(chan struct{})}
	go func() {
		_ = inner.Wait() // its news or its end tell what matters
		close(lab.ended)
	}()
	if err := json.NewEncoder(line).Encode(o.Spec); err != nil {
		lab.end()
		return nil, cluster.News{}, err
	}
	return lab, listen(ear), nil
}

// listen waits for the inner process's first news; its death without any is news too.
func listen(ear io.Reader) cluster.News {
	var news cluster.News
	if err := json.NewDecoder(ear).Decode(&news); err != nil {
		news.Error = "the lab's inner process died while starting; start it with --keep or --log to see its log"
	}
	return news
}

func openLog(home *folder.Folder, path string) (*os.File, error) {
	if path == "" {
		path = filepath.Join(home.Path, "lab.log")
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

// stopWithin bounds how long Stop waits before it kills.
const stopWithin = 25 * time.Second

// Stop ends the lab and returns when no process and no folder of it is left.
func (l *Lab) Stop() {
	l.end()
	if !l.keep {
		_ = l.home.Remove()
	}
}

// end stops the inner process.
func (l *Lab) end() {
	_ = l.line.Close()
	select {
	case <-l.ended:
	case <-time.After(stopWithin):
		_ = l.inner.Process.Kill()
		<-l.ended
	}
}

// Ended is closed when the inner process has ended, asked or not.
func (l *Lab) Ended() <-chan struct{} { return l.ended }
