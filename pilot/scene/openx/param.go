package openx

import (
	"fmt"
	"strconv"
	"strings"
)

// Assignment gives a parameter a value.
type Assignment struct{ Name, Value string }

// Violation says which constraint a case breaks.
type Violation struct{ Parameter, Value, Rule, Limit string }

func (v *Violation) Error() string {
	return fmt.Sprintf("parameter %s is %s, which is not %s %s", v.Parameter, v.Value, v.Rule, v.Limit)
}

// declare reads ParameterDeclarations into given, whose values win over the defaults. A value for a parameter that is not
// declared is refused, at the node at.
func (r *reader) declare(list, at *node, given *env) {
	foreign := append([]string(nil), given.names...)
	r.all(list, "ParameterDeclaration", func(p *node) {
		name, typ := r.str(p, "name"), r.is(p, "parameterType", "double", "string", "integer", "int", "unsignedInt", "unsignedShort", "boolean", "dateTime")
		value := r.str(p, "value")
		if r.err != nil {
			return
		}
		if v, ok := given.get(name); ok {
			value = v
		}
		switch typ {
		case "double":
			if _, err := number(value); err != nil {
				r.fail(p, "parameter_malformed", "parameter %s is %.40q: %v", name, value, err)
			}
		case "integer", "int", "unsignedInt", "unsignedShort":
			v, err := number(value)
			if err != nil || v != float64(int64(v)) || v < 0 && strings.HasPrefix(typ, "unsigned") {
				r.fail(p, "parameter_malformed", "parameter %s is %.40q: expected an integer", name, value)
			} else {
				value = strconv.FormatInt(int64(v), 10)
			}
		case "boolean":
			if value != "true" && value != "false" {
				r.fail(p, "parameter_malformed", "parameter %s is %.40q: expected true or false", name, value)
			}
		}
		given.set(name, value)
		for i, f := range foreign {
			if f == name {
				foreign = append(foreign[:i], foreign[i+1:]...)
				break
			}
		}
	})
	if len(foreign) > 0 && at != nil {
		r.fail(at, "parameter_unknown", "parameter %.60q is given a value but not declared", foreign[0])
	}
}

// constrain evaluates the constraints of ParameterDeclarations: a parameter must keep all constraints of at least one of
// its groups. The first parameter that keeps none is returned.
func (r *reader) constrain(list *node) *Violation {
	var found *Violation
	r.all(list, "ParameterDeclaration", func(p *node) {
		name := r.str(p, "name")
		groups, kept := 0, false
		var last *Violation
		r.all(p, "ConstraintGroup", func(g *node) {
			groups++
			ok := true
			r.all(g, "ValueConstraint", func(c *node) {
				rule := r.is(c, "rule", "equalTo", "greaterThan", "greaterOrEqual", "lessThan", "lessOrEqual", "notEqualTo")
				limit := r.str(c, "value")
				value, _ := r.env.get(name)
				if r.err == nil && !holds(value, rule, limit) {
					ok = false
					last = &Violation{name, value, rule, limit}
				}
			})
			kept = kept || ok
		})
		if groups > 0 && !kept && found == nil {
			found = last
		}
	})
	return found
}

// holds compares as numbers where both are, and as texts otherwise.
func holds(value, rule, limit string) bool {
	a, err1 := number(value)
	b, err2 := number(limit)
	if err1 != nil || err2 != nil {
		return rule == "equalTo" && value == limit || rule == "notEqualTo" && value != limit
	}
	return compare(a, rule, b)
}

func compare(a float64, rule string, b float64) bool {
	switch rule {
	case "equalTo":
		return a == b
	case "notEqualTo":
		return a != b
	case "greaterThan":
		return a > b
	case "greaterOrEqual":
		return a >= b
	case "lessThan":
		return a < b
	case "lessOrEqual":
		return a <= b
	}
	return false
}
