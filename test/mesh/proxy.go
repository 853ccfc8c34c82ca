package mesh

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

// trustProxy holds that a proxy which tells of itself has taken all that istiod sent, and has repeated no call by itself: that would hide a
// lost one.
func (s *Shop) trustProxy() {
	s.Helper()
	if s.way.Admin == "" {
		return
	}
	if refused := s.figure(`update_rejected`); refused > 0 {
		s.Errorf("the proxy refused %d updates of istiod's", refused)
	}
	if repeated := s.figure(`upstream_rq_retry`); repeated > 0 {
		s.Errorf("the proxy repeated %d calls", repeated)
	}
}

// figure is the sum of the proxy's figures whose names end so, as a regular expression.
func (s *Shop) figure(name string) int {
	s.Helper()
	all := regexp.MustCompile(`(?m)(?:^|\.)`+name+`: (\d+)$`).FindAllStringSubmatch(s.get("http://"+s.caller+":"+s.way.Admin+"/stats"), -1)
	if len(all) == 0 {
		s.Fatalf("the proxy tells nothing of %s", name)
	}
	sum := 0
	for _, found := range all {
		count, err := strconv.Atoi(found[1])
		if err != nil {
			s.Fatal(err)
		}
		sum += count
	}
	return sum
}

// get asks something inside the lab.
func (s *Shop) get(address string) string {
	s.Helper()
	gateway, err := url.Parse(s.Lab.Gateway)
	if err != nil {
		s.Fatal(err)
	}
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	response, err := (&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(gateway), DisableKeepAlives: true}}).Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.Fatalf("%s answered %s (%v)", address, response.Status, err)
	}
	return string(text)
}
