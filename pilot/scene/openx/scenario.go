package openx

import (
	"math"
	"path"
)

// Limits of a scenario.
const (
	MaxEntities = 64
	MaxActions  = 1024
	MaxVertices = 1024
)

// Scenario is one concrete case: everything is a number, all names are resolved. It does not change and may be shared.
type Scenario struct {
	File     string
	Params   []Assignment // of all parameters, in the order of their declaration
	Road     string
	Band     *Band
	Entities []Entity
	Ego      int

	init   []action
	acts   []act
	events []event // of all acts, in the order of the file
	action []action
	names  map[string]int // of actions
	conds  []condition
	stop   trigger
}

// Load makes the case of a scenario file with the given parameter values. A case that breaks a constraint is refused with
// a *Violation.
func (l *Library) Load(file string, given []Assignment) (*Scenario, error) {
	t, err := l.tree(file)
	if err != nil {
		return nil, err
	}
	e := &env{}
	for _, a := range given {
		e.set(a.Name, a.Value)
	}
	r := &reader{env: e, count: l.cov}
	r.enter(t)
	root := r.took(t.root)
	if root.name != "OpenSCENARIO" {
		r.fail(root, "element_unsupported", "the root element is <%s>, expected <OpenSCENARIO>", root.name)
		return nil, r.err
	}
	head(r, root)
	list := r.kid(root, "ParameterDeclarations")
	r.declare(list, root, e)
	if v := r.constrain(list); r.err == nil && v != nil {
		return nil, v
	}
	s := &Scenario{File: file, names: map[string]int{}, Ego: -1}
	if list != nil { // in the order of the declarations
		r.all(list, "ParameterDeclaration", func(p *node) {
			v, _ := e.get(r.str(p, "name"))
			s.Params = append(s.Params, Assignment{r.str(p, "name"), v})
		})
	}
	b := &builder{reader: r, lib: l, s: s}
	b.entities(root)
	b.road(root)
	b.storyboard(r.must(root, "Storyboard"))
	if err := r.done(root); err != nil {
		return nil, err
	}
	return s, nil
}

// head reads the FileHeader: only 1.0 to 1.1 are written for what is implemented here.
func head(r *reader, root *node) {
	h := r.must(root, "FileHeader")
	r.is(h, "revMajor", "1")
	r.is(h, "revMinor", "0", "1")
	r.without(h, "date", "description", "author")
	r.ignore(h, "License", "Properties")
}

type builder struct {
	*reader
	lib   *Library
	s     *Scenario
	roadN *Network
}

func (b *builder) dirs(root *node) (vehicles, pedestrians, things, controllers []string) {
	c := b.kid(root, "CatalogLocations")
	of := func(name string) []string {
		k := b.kid(c, name)
		if k == nil {
			return nil
		}
		return []string{beside(b.s.File, b.str(b.must(k, "Directory"), "path"))}
	}
	return of("VehicleCatalog"), of("PedestrianCatalog"), of("MiscObjectCatalog"), of("ControllerCatalog")
}

func (b *builder) entities(root *node) {
	v, p, m, c := b.dirs(root)
	bodies := append(append(append([]string(nil), v...), p...), m...)
	b.all(b.must(root, "Entities"), "ScenarioObject", func(o *node) {
		if len(b.s.Entities) >= MaxEntities {
			b.fail(o, "scenario_too_large", "more than %d entities", MaxEntities)
			return
		}
		name := b.str(o, "name")
		e := b.lib.entry(b.reader, b.must(o, "CatalogReference"), bodies)
		e.Name = name
		for _, other := range b.s.Entities {
			if other.Name == name {
				b.fail(o, "name_twice", "two entities are named %s", name)
			}
		}
		if e.Length == 0 {
			b.fail(o, "value_unsupported", "entity %s has no body", name)
		}
		if k := b.kid(o, "ObjectController"); k != nil {
			b.lib.entry(b.reader, b.must(k, "CatalogReference"), c)
			if b.s.Ego >= 0 {
				b.fail(o, "value_unsupported", "a second entity has a controller: supported is one, the ego")
			}
			b.s.Ego = len(b.s.Entities)
		}
		b.s.Entities = append(b.s.Entities, e)
	})
	if b.s.Ego < 0 {
		b.fail(root, "ego_missing", "no entity has an ObjectController: the ego is the one that has")
	}
}

func (b *builder) road(root *node) {
	file := b.str(b.down(root, "RoadNetwork", "LogicFile"), "filepath")
	if b.err != nil {
		return
	}
	b.s.Road = beside(b.s.File, file)
	var err error
	if b.roadN, err = b.lib.network(b.s.Road); err != nil {
		b.err = err
	}
}

// entity returns the index of the entity that an attribute names.
func (b *builder) entity(n *node, name string) int {
	want := b.str(n, name)
	for i := range b.s.Entities {
		if b.s.Entities[i].Name == want {
			return i
		}
	}
	if n != nil {
		b.fail(n, "name_unknown", "attribute %s of <%s> names %.60q: there is no such entity", name, n.name, want)
	}
	return 0
}

// place is a position: on a lane of the road, or relative to an entity.
type place struct {
	relative bool
	entity   int
	lane     int // id, or lanes to the left
	s        float64
	offset   float64
	heading  float64 // rad, against the lane
}

func (b *builder) place(parent *node) place {
	p := place{entity: -1}
	pos := b.must(parent, "Position")
	switch k := b.kid(pos, "LanePosition"); {
	case k != nil:
		if id := b.str(k, "roadId"); b.err == nil && id != b.roadN.ID {
			b.fail(k, "name_unknown", "there is no road %.40q", id)
		}
		p.lane, p.s, p.offset = b.integer(k, "laneId"), b.num(k, "s"), b.opt(k, "offset", 0)
		p.heading = b.heading(k)
		if b.err == nil && b.roadN.lane(p.lane) == nil {
			b.fail(k, "name_unknown", "road %s has no lane %d", b.roadN.ID, p.lane)
		}
		if b.err == nil && !(p.s >= 0 && p.s <= b.roadN.Length) {
			b.fail(k, "value_out_of_range", "s is %g m, the road has %g m", p.s, b.roadN.Length)
		}
	default:
		k = b.must(pos, "RelativeLanePosition")
		p.relative, p.entity = true, b.entity(k, "entityRef")
		p.lane, p.s, p.offset = b.integer(k, "dLane"), b.num(k, "ds"), b.opt(k, "offset", 0)
		p.heading = b.heading(k)
		if b.err == nil && math.Abs(p.s) > 1e5 {
			b.fail(k, "value_out_of_range", "ds is %g m", p.s)
		}
	}
	if b.err == nil && !(math.Abs(p.offset) <= 100 && math.Abs(p.heading) <= 2*math.Pi && p.lane >= -64 && p.lane <= 64) {
		b.fail(pos, "value_out_of_range", "offset %g m, heading %g rad, lane %d: expected at most 100 m, one turn, lane -64 to 64", p.offset, p.heading, p.lane)
	}
	return p
}

func (b *builder) heading(k *node) float64 {
	o := b.kid(k, "Orientation")
	if o == nil {
		return 0
	}
	if o.has("type") {
		b.is(o, "type", "relative")
	}
	return b.num(o, "h")
}

func (b *builder) integer(n *node, name string) int {
	v := b.num(n, name)
	if v != math.Trunc(v) || math.Abs(v) > 1e6 {
		b.fail(n, "number_malformed", "attribute %s of <%s> is %g: expected an integer", name, n.name, v)
		return 0
	}
	return int(v)
}

// storyboard reads Init, stories and the StopTrigger.
func (b *builder) storyboard(board *node) {
	b.all(b.down(board, "Init", "Actions"), "Private", func(p *node) {
		who := b.entity(p, "entityRef")
		b.all(p, "PrivateAction", func(a *node) {
			x := b.private(a, who)
			if x.kind == moveTo && who == b.s.Ego && !x.place.relative && b.s.Band == nil && b.err == nil {
				var err error
				if b.s.Band, err = b.lib.band(b.s.Road, x.place.lane); err != nil {
					b.fail(a, "road_unsupported", "%v", err)
				}
			}
			b.s.init = append(b.s.init, x)
		})
	})
	if b.err == nil && b.s.Band == nil {
		b.fail(board, "ego_missing", "Init does not put the ego on a lane of the road")
	}
	b.all(board, "Story", b.story)
	b.s.stop = b.trigger(b.must(board, "StopTrigger"))
	if b.err != nil {
		return
	}
	for i := range b.s.conds { // names of actions may be used before they are defined
		c := &b.s.conds[i]
		if c.kind == elementState {
			k, ok := b.s.names[c.element]
			if !ok {
				b.fail(c.at, "name_unknown", "there is no action %.60q", c.element)
				return
			}
			c.action = k
		}
	}
}

// Name returns the scenario file's name without folder and ending.
func (s *Scenario) Name() string {
	n := path.Base(s.File)
	return n[:len(n)-len(path.Ext(n))]
}

// Param returns a parameter's value as a number; ok is false if there is no such number.
func (s *Scenario) Param(name string) (v float64, ok bool) {
	for _, p := range s.Params {
		if p.Name == name {
			v, err := number(p.Value)
			return v, err == nil
		}
	}
	return 0, false
}
