package kubelet

import (
	"strconv"
	"strings"
	"time"
)

// program is what a container's command comes down to.
type program struct {
	startFails bool          // the command cannot be started at all
	ends       bool          // it ends by itself
	after      time.Duration // from its start to its end
	code       int           // exit code
	known      bool          // every word of it was understood; an unknown program is taken for a server or a quick success
}

// forever is how long a command runs that only a signal would end.
const forever = time.Duration(1<<63 - 1)

// read understands sleep, exit, true, false, echo and their like, alone or as a shell's -c script with ;, &&, || and
// line ends between them.
func read(words []string) program {
	if len(words) == 0 {
		return program{}
	}
	if strings.HasPrefix(words[0], "/bad-command") {
		return program{startFails: true, known: true}
	}
	if script, ok := shellScript(words); ok {
		return readScript(script)
	}
	return readScript(strings.Join(words, " "))
}

func shellScript(words []string) (string, bool) {
	switch words[0][strings.LastIndex(words[0], "/")+1:] {
	case "sh", "bash", "ash", "dash":
	default:
		return "", false
	}
	for i, w := range words[1:] {
		if strings.HasPrefix(w, "-") && strings.HasSuffix(w, "c") && i+2 < len(words) {
			return words[i+2], true
		}
	}
	return "", false
}

// statement is one simple command of a script with the operator in front of it.
type statement struct {
	after string // "", ";", "&&" or "||"
	words []string
}

func statements(script string) []statement {
	spaced := strings.NewReplacer("&&", " && ", "||", " || ", ";", " ; ", "\n", " ; ").Replace(script)
	list := []statement{{}}
	for w := range strings.FieldsSeq(spaced) {
		switch w {
		case ";", "&&", "||":
			list = append(list, statement{after: w})
		default:
			last := &list[len(list)-1]
			last.words = append(last.words, strings.Trim(w, `"'`))
		}
	}
	return list
}

func readScript(script string) program {
	p := program{ends: true, known: true}
	for _, s := range statements(script) {
		if len(s.words) == 0 || s.after == "&&" && p.code != 0 || s.after == "||" && p.code == 0 {
			continue
		}
		if exits := p.execute(s.words); exits {
			return p
		}
	}
	return p
}

// execute adds one command to the program and tells whether the program is over with it.
func (p *program) execute(words []string) bool {
	switch words[0] {
	case "sleep":
		d := sleepTime(words[1:])
		if d == forever {
			p.ends = false
			return true
		}
		p.after, p.code = p.after+d, 0
	case "exit":
		p.code = exitCode(words[1:], p.code)
		return true
	case "true", ":", "echo", "date", "set", "printf", "/bin/true":
		p.code = 0
	case "false", "/bin/false":
		p.code = 1
	case "exec":
		return len(words) > 1 && p.execute(words[1:])
	case "while", "until", "tail":
		p.ends = false
		return true
	default:
		p.known, p.ends, p.code = false, false, 0
		return true
	}
	return false
}

// sleepTime adds up arguments such as 5, 0.5, 2m and infinity.
func sleepTime(args []string) time.Duration {
	var sum time.Duration
	for _, a := range args {
		if a == "infinity" || a == "inf" {
			return forever
		}
		if _, err := strconv.ParseFloat(a, 64); err == nil {
			a += "s"
		}
		if d, err := time.ParseDuration(a); err == nil {
			sum += d
		}
	}
	return sum
}

func exitCode(args []string, last int) int {
	if len(args) == 0 {
		return last
	}
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return 2
	}
	return code & 0xff
}
