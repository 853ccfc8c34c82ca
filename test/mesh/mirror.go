package mesh

import (
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/test/traffic"
)

// Mirror sends copies of half of the calls to a canary that answers everything with an error: nobody may notice.
func (s *Shop) Mirror() {
	s.Helper()
	defer s.explain()
	const percentage = 50
	s.OpenCanary("", fmt.Sprintf("setMirrorRoute: {name: mirror, percentage: %d, match: [{path: {prefix: /}}]}", percentage))
	load := s.Load()
	s.Deliver(green, 1)
	s.Rest(0)
	load.Count(1) // lets the mesh hear of it

	all := load.End()
	earlier := s.copies()
	counted := s.Load()
	counted.Count(1000)
	got := counted.End()
	share := &traffic.Share{Of: got.Calls(), Got: s.copies() - earlier, Want: percentage / 100.}
	s.add(traffic.Row{What: "copies of 50 % to a canary that fails", Requests: all.Calls() + got.Calls(), Failed: all.Failed() + got.Failed(), Share: share})
	if failed := all.Failed() + got.Failed(); failed > 0 || got.Versions[green].Calls+all.Versions[green].Calls > 0 {
		s.Errorf("%d calls failed, %d were answered by the canary: %v\n%s", failed, got.Versions[green].Calls, got.Errors, s.Story(counted))
	}
	// The first call of a load is not counted in its reports, but copied like the others.
	if least, most := traffic.Bound(share.Of, share.Want); share.Got < least || share.Got > most+1 {
		s.Errorf("%d of %d calls were copied, want %d to %d", share.Got, share.Of, least, most)
	}
}

// copies are how many calls have reached the canary.
func (s *Shop) copies() int {
	s.Helper()
	_, hash := s.Hashes()
	list, err := s.Lab.Dynamic.Resource(pods).Namespace(s.Namespace).List(s.Context(), metav1.ListOptions{LabelSelector: hashLabel(hash)})
	if err != nil {
		s.Fatal(err)
	}
	sum := 0
	for _, pod := range list.Items {
		address, _, _ := unstructured.NestedString(pod.Object, "status", "podIP")
		asked, err := strconv.Atoi(strings.TrimSpace(s.get("http://" + address + ":8080/asked")))
		if err != nil {
			s.Fatal(err)
		}
		sum += asked
	}
	return sum
}
