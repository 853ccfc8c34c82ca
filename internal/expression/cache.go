package expression

import (
	"reflect"
	"sync"
)

// Cache keeps compiled expressions by their text and the type of the result. It is safe for concurrent use. A nil Cache keeps
// nothing and works as well.
type Cache struct {
	mu   sync.Mutex
	size int
	// Two generations bound it: when the young one is full it becomes the old one, and the former old one is dropped. What is in use
	// is found in the old one and moves up.
	young, old map[cacheKey]compiled
}

type cacheKey struct {
	text   string
	use    use
	result reflect.Type // of a condition only
}

// use is what a text is compiled for.
type use int

const (
	asCondition use = iota
	asBound
	checkedAsCondition // only what is wrong with it is kept
	checkedAsBound
)

// compiled is what came of a text: a text that cannot be compiled is not tried again either.
type compiled struct {
	program *program
	err     error
}

// NewCache returns a Cache that holds at most twice as many expressions as size says.
func NewCache(size int) *Cache {
	return &Cache{size: max(size, 1), young: map[cacheKey]compiled{}}
}

// Len is how many expressions are kept.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.young) + len(c.old)
}

func (c *Cache) condition(text string, result reflect.Type) (*program, error) {
	return c.get(cacheKey{text: text, result: result})
}

func (c *Cache) bound(text string) (*program, error) {
	return c.get(cacheKey{text: text, use: asBound})
}

func (c *Cache) get(key cacheKey) (*program, error) {
	if c == nil {
		return compile(key)
	}
	if found, ok := c.find(key); ok {
		return found.program, found.err
	}
	program, err := compile(key)
	c.keep(key, compiled{program, err})
	return program, err
}

func (c *Cache) find(key cacheKey) (compiled, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.young[key]; ok {
		return found, true
	}
	found, ok := c.old[key]
	if ok {
		delete(c.old, key)
		c.put(key, found)
	}
	return found, ok
}

func (c *Cache) keep(key cacheKey, value compiled) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(key, value)
}

func (c *Cache) put(key cacheKey, value compiled) {
	if len(c.young) >= c.size {
		c.young, c.old = make(map[cacheKey]compiled, c.size), c.young
	}
	c.young[key] = value
}
