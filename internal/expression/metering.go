package expression

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// metering is the walk through an expression that builds the meter in: a scale round everything that can be large, a tick into every
// loop, and the dear functions in place of those of the language.
type metering struct {
	within map[ast.Node]ast.Node // by scale, what lies in it
}

// Visit is called for the parts of a node before the node itself.
func (m *metering) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		tick := located(&ast.CallNode{Callee: &ast.IdentifierNode{Value: tickName}, Arguments: []ast.Node{&ast.NilNode{}}}, n.Node)
		n.Node = located(&ast.SequenceNode{Nodes: []ast.Node{tick, n.Node}}, n.Node)
	case *ast.MemberNode:
		// One part of a value costs nothing of the others.
		n.Node = m.bare(n.Node)
		m.weigh(node)
	case *ast.ChainNode:
		// A chain jumps out of its middle; nothing may lie half paid there.
		n.Node = m.bare(n.Node)
		m.weigh(node)
	case *ast.CallNode:
		n.Callee = m.bare(n.Callee)
		m.weigh(node)
	case *ast.BuiltinNode:
		m.price(node, n.Name, n.Arguments)
		m.weigh(node)
	case *ast.BinaryNode:
		m.visitBinary(node, n)
	case *ast.IdentifierNode, *ast.PointerNode, *ast.SliceNode, *ast.ArrayNode, *ast.MapNode:
		m.weigh(node)
	}
}

func (m *metering) visitBinary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "matches":
		m.price(node, n.Operator, []ast.Node{n.Left, n.Right})
	case "+", "..":
		m.weigh(node)
	}
}

// price puts a dear function in the place of the language's own. Whoever uses its value gets it as the type that it was.
func (m *metering) price(node *ast.Node, name string, args []ast.Node) {
	if _, ok := (&meter{}).dear()[name]; !ok {
		return
	}
	t := (*node).Type()
	*node = located(&ast.CallNode{Callee: &ast.IdentifierNode{Value: dearName + name}, Arguments: args}, *node)
	(*node).SetType(t)
}

func (m *metering) weigh(node *ast.Node) {
	name := scaleFor((*node).Type())
	if name == "" {
		return
	}
	scale := located(&ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: []ast.Node{*node}}, *node)
	m.within[scale] = *node
	*node = scale
}

// scaleFor is the scale that takes values of a type, empty where they are small. Lists go as any: what the language calls a list of
// anything may be one of whole numbers.
func scaleFor(t reflect.Type) string {
	if t == nil {
		return weighName
	}
	switch t.Kind() {
	case reflect.String:
		return weighTextName
	case reflect.Slice, reflect.Array, reflect.Map, reflect.Interface:
		return weighName
	}
	return ""
}

// bare takes a scale off again.
func (m *metering) bare(node ast.Node) ast.Node {
	if inner, ok := m.within[node]; ok {
		return inner
	}
	return node
}

// located puts a node where another one stands, for the errors that name a place.
func located(node, like ast.Node) ast.Node {
	node.SetLocation(like.Location())
	return node
}

var _ ast.Visitor = (*metering)(nil)
