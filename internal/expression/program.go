package expression

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// What a text may be. Real conditions have some dozens of characters and nodes.
const (
	longest   = 16 << 10 // bytes
	mostNodes = 1000
	// A reason may quote the result, which may be all that a web server had to say.
	longestReason = 1000 // bytes
)

// program is a compiled expression. It may be run by many at once.
type program struct {
	vm    *vm.Program
	bound bool
}

// options hold for every expression. Nothing is folded while compiling: that work would not be metered.
func options() []expr.Option {
	return []expr.Option{expr.DisableBuiltin("now"), expr.MaxNodes(mostNodes), expr.Optimize(false)}
}

func compile(key cacheKey) (*program, error) {
	if err := tooLong(key.text); err != nil {
		return nil, err
	}
	switch key.use {
	case checkedAsCondition:
		return nil, check(key.text)
	case checkedAsBound:
		return nil, checkTime(key.text)
	case asCondition, asBound:
	}
	return compileMetered(key)
}

// compileMetered does it twice: as written, for the errors that people read, and then with the meter built in.
func compileMetered(key cacheKey) (*program, error) {
	names := boundVocabulary(time.Time{})
	if key.use == asCondition {
		names = vocabulary(zero(key.result), time.Time{})
	}
	if _, err := expr.Compile(key.text, append(options(), expr.Env(names))...); err != nil {
		return nil, oneLine(err)
	}
	(&meter{}).lend(names)
	// The meter's own nodes are not the author's.
	metered := append(options(), expr.MaxNodes(0), expr.Env(names), expr.Patch(&metering{within: map[ast.Node]ast.Node{}}))
	code, err := expr.Compile(key.text, metered...)
	if err != nil {
		return nil, oneLine(err)
	}
	return &program{vm: code, bound: key.use == asBound}, nil
}

func (p *program) run(result any, now time.Time) (any, error) {
	names := boundVocabulary(now)
	if !p.bound {
		names = vocabulary(result, now)
	}
	(&meter{left: allowance}).lend(names)
	machine := vm.VM{MemoryBudget: memory}
	value, err := machine.Run(p.vm, names)
	if err != nil {
		return nil, oneLine(err)
	}
	return value, nil
}

// zero is a value that tells the compiler the type of the result.
func zero(t reflect.Type) any {
	if t == nil {
		return nil
	}
	return reflect.Zero(t).Interface()
}

func tooLong(text string) error {
	if len(text) > longest {
		return fmt.Errorf("the expression has %d bytes; at most %d are allowed", len(text), longest)
	}
	return nil
}

// problem is an error of the language without the drawing of the text below it: whoever prints it has the text at hand.
type problem struct {
	text  string
	cause error
}

func (p problem) Error() string { return p.text }
func (p problem) Unwrap() error { return p.cause }

func oneLine(err error) error {
	first, _, _ := strings.Cut(err.Error(), "\n")
	if len(first) > longestReason {
		first = strings.ToValidUTF8(first[:longestReason], "") + "…"
	}
	return problem{text: first, cause: err}
}
