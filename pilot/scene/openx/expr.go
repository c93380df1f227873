package openx

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Limits of an expression.
const (
	MaxExpression = 1024 // bytes
	MaxNesting    = 32   // parentheses and signs
)

// env holds the parameters that a value may refer to.
type env struct {
	names  []string
	values []string
}

func (e *env) set(name, value string) {
	for i, n := range e.names {
		if n == name {
			e.values[i] = value
			return
		}
	}
	e.names, e.values = append(e.names, name), append(e.values, value)
}

func (e *env) get(name string) (string, bool) {
	if e != nil {
		for i, n := range e.names {
			if n == name {
				return e.values[i], true
			}
		}
	}
	return "", false
}

// resolve replaces `$Name` by the parameter's value and `${…}` by the value of the expression. Anything else is literal.
func (e *env) resolve(s string) (string, error) {
	if !strings.HasPrefix(s, "$") {
		return s, nil
	}
	if !strings.HasPrefix(s, "${") {
		v, ok := e.get(s[1:])
		if !ok {
			return "", fmt.Errorf("there is no parameter %.60q", s)
		}
		return v, nil
	}
	if !strings.HasSuffix(s, "}") {
		return "", fmt.Errorf("%.60q has no closing brace", s)
	}
	v, err := e.eval(s[2 : len(s)-1])
	if err != nil {
		return "", fmt.Errorf("in %.80q: %w", s, err)
	}
	return strconv.FormatFloat(v, 'g', -1, 64), nil
}

// number reads a finite number.
func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, errors.New("expected a number")
	}
	return v, nil
}

// eval computes + - * / with signs, parentheses, sqrt and parameters.
func (e *env) eval(s string) (float64, error) {
	if len(s) > MaxExpression {
		return 0, fmt.Errorf("the expression has %d bytes, at most %d are read", len(s), MaxExpression)
	}
	p := &parser{env: e, s: s}
	v := p.sum(0)
	p.space()
	if p.err == nil && p.i < len(s) {
		p.fail("unexpected %q", s[p.i:min(len(s), p.i+10)])
	}
	if p.err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		p.fail("the result is not a finite number")
	}
	return v, p.err
}

type parser struct {
	env *env
	s   string
	i   int
	err error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *parser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// take reads one of the bytes of set, or gives 0.
func (p *parser) take(set string) byte {
	p.space()
	if p.err == nil && p.i < len(p.s) && strings.IndexByte(set, p.s[p.i]) >= 0 {
		p.i++
		return p.s[p.i-1]
	}
	return 0
}

func (p *parser) sum(depth int) float64 {
	v := p.product(depth)
	for {
		switch p.take("+-") {
		case '+':
			v += p.product(depth)
		case '-':
			v -= p.product(depth)
		default:
			return v
		}
	}
}

func (p *parser) product(depth int) float64 {
	v := p.factor(depth)
	for {
		switch p.take("*/") {
		case '*':
			v = float64(v * p.factor(depth)) // rounded before anything is added
		case '/':
			v /= p.factor(depth)
		default:
			return v
		}
	}
}

func (p *parser) factor(depth int) float64 {
	if depth > MaxNesting {
		p.fail("nested deeper than %d", MaxNesting)
		return 0
	}
	switch p.take("-+($") {
	case '-':
		return -p.factor(depth + 1)
	case '+':
		return p.factor(depth + 1)
	case '(':
		return p.close(depth)
	case '$':
		name := p.word()
		s, ok := p.env.get(name)
		if !ok {
			p.fail("there is no parameter $%s", name)
			return 0
		}
		v, err := number(s)
		if err != nil {
			p.fail("parameter $%s is %.40q: expected a number", name, s)
		}
		return v
	}
	if p.i < len(p.s) && letter(p.s[p.i]) {
		if name := p.word(); name != "sqrt" {
			p.fail("function %s is not supported: supported is sqrt", name)
			return 0
		}
		if p.take("(") == 0 {
			p.fail("sqrt without a parenthesis")
			return 0
		}
		v := p.close(depth)
		if v < 0 {
			p.fail("the square root of %g", v)
			return 0
		}
		return math.Sqrt(v)
	}
	return p.literal()
}

// close reads up to the closing parenthesis.
func (p *parser) close(depth int) float64 {
	v := p.sum(depth + 1)
	if p.take(")") == 0 {
		p.fail("a parenthesis is not closed")
	}
	return v
}

func letter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

func (p *parser) word() string {
	from := p.i
	for p.i < len(p.s) && (letter(p.s[p.i]) || digit(p.s[p.i])) {
		p.i++
	}
	return p.s[from:p.i]
}

func (p *parser) literal() float64 {
	p.space()
	from := p.i
	for p.i < len(p.s) {
		c := p.s[p.i]
		exp := p.i > from && (c == '+' || c == '-') && p.s[p.i-1]|0x20 == 'e'
		if !digit(c) && c != '.' && !(c|0x20 == 'e' && p.i > from) && !exp {
			break
		}
		p.i++
	}
	v, err := number(p.s[from:p.i])
	if err != nil {
		p.fail("expected a number, a parameter or a parenthesis at %q", p.s[from:min(len(p.s), from+10)])
	}
	return v
}
