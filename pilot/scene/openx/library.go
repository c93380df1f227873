package openx

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"roadbook/fault"
	"roadbook/pilot/motion"
	"roadbook/pilot/scene/world"
)

// MaxCatalogFiles bounds the files of one catalogue folder.
const MaxCatalogFiles = 256

// Library reads scenarios, catalogues and roads of one folder and keeps what was read. It is used by one goroutine.
type Library struct {
	fs       fs.FS
	trees    map[string]*tree
	networks map[string]*Network
	bands    map[bandKey]*Band
	catalogs map[string][]catalog
	cov      *Coverage
}

type bandKey struct {
	file string
	id   int
}

type catalog struct {
	tree *tree
	node *node
	name string
}

// NewLibrary returns a library of the files below a folder. cov, which may be nil, counts what is read of scenarios,
// catalogues and roads each time a case is made.
func NewLibrary(folder fs.FS, cov *Coverage) *Library {
	return &Library{fs: folder, trees: map[string]*tree{}, networks: map[string]*Network{}, bands: map[bandKey]*Band{}, catalogs: map[string][]catalog{}, cov: cov}
}

// read returns the content of a file, which must lie below the folder.
func (l *Library) read(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fault.New(fault.Invalid, "path_outside", "%.120q leads out of the folder", name)
	}
	f, err := l.fs.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fault.New(fault.NotFound, "file_missing", "there is no file %s", name)
		}
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return b, nil
}

func (l *Library) tree(name string) (*tree, error) {
	if t := l.trees[name]; t != nil {
		return t, nil
	}
	b, err := l.read(name)
	if err != nil {
		return nil, err
	}
	t, err := parseXML(name, b)
	if err != nil {
		return nil, err
	}
	l.trees[name] = t
	return t, nil
}

// beside returns the path of a file that another file names.
func beside(file, ref string) string {
	return path.Join(path.Dir(file), strings.ReplaceAll(ref, `\`, "/"))
}

func (l *Library) network(name string) (*Network, error) {
	if n := l.networks[name]; n != nil {
		return n, nil
	}
	b, err := l.read(name)
	if err != nil {
		return nil, err
	}
	n, err := ReadNetwork(name, b, l.cov)
	if err != nil {
		return nil, err
	}
	l.networks[name] = n
	return n, nil
}

// band returns the lanes on the side of lane id of a road file.
func (l *Library) band(name string, id int) (*Band, error) {
	key := bandKey{name, id}
	if b := l.bands[key]; b != nil {
		return b, nil
	}
	n, err := l.network(name)
	if err != nil {
		return nil, err
	}
	b, err := n.Band(id)
	if err != nil {
		return nil, err
	}
	l.bands[key] = b
	return b, nil
}

// open reads the catalogues of a folder.
func (l *Library) open(dir string) ([]catalog, error) {
	if c, ok := l.catalogs[dir]; ok {
		return c, nil
	}
	if !fs.ValidPath(dir) {
		return nil, fault.New(fault.Invalid, "path_outside", "%.120q leads out of the folder", dir)
	}
	list, err := fs.ReadDir(l.fs, dir)
	if err != nil {
		return nil, fault.New(fault.NotFound, "folder_missing", "there is no catalogue folder %s", dir)
	}
	var out []catalog
	for _, e := range list {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".xosc") {
			continue
		}
		if len(out) >= MaxCatalogFiles {
			return nil, fault.New(fault.Invalid, "catalog_too_large", "%s has more than %d catalogues", dir, MaxCatalogFiles)
		}
		t, err := l.tree(path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		for _, k := range t.root.kids {
			if k.name == "Catalog" {
				for _, a := range k.attrs {
					if a.name == "name" {
						out = append(out, catalog{t, k, a.value})
					}
				}
			}
		}
	}
	l.catalogs[dir] = out
	return out, nil
}

// Entity is somebody of a scenario: the box, and what it is able to do.
type Entity struct {
	Name                       string
	Kind                       motion.Kind
	Length, Width              float64 // m
	Ahead                      float64 // m, of the box's centre before the entity's origin
	Axle                       float64 // m, of the front axle before the origin; 0: none
	Steer                      float64 // rad, of the front wheels at most
	lock                       float64 // tangent of Steer; 0: nothing bounds how it turns
	MaxSpeed, MaxAccel, MaxDec float64 // m/s and m/s²; 0: as it likes
}

// entry finds a catalogue's entry in the folders that the scenario names and reads the entity.
func (l *Library) entry(r *reader, ref *node, dirs []string) Entity {
	cat, name := r.str(ref, "catalogName"), r.str(ref, "entryName")
	for _, dir := range dirs {
		list, err := l.open(dir)
		if err != nil {
			if fault.CodeOf(err) == "folder_missing" {
				r.fail(ref, "file_missing", "there is no catalogue folder %s where the scenarios lie", dir)
			} else if r.err == nil {
				r.err = err
			}
			return Entity{}
		}
		for _, c := range list {
			if c.name == cat && r.err == nil {
				if e, ok := c.entity(r, ref, name); ok {
					return e
				}
			}
		}
	}
	r.fail(ref, "catalog_entry_missing", "there is no entry %.60q in a catalogue %.60q", name, cat)
	return Entity{}
}

func (c *catalog) entity(r *reader, ref *node, name string) (Entity, bool) {
	for _, k := range c.node.kids {
		for _, a := range k.attrs {
			if a.name != "name" || a.value != name {
				continue
			}
			outer := r.env
			inner := &env{}
			params := r.kid(ref, "ParameterAssignments")
			r.all(params, "ParameterAssignment", func(p *node) { inner.set(r.str(p, "parameterRef"), r.str(p, "value")) })
			back := r.enter(c.tree)
			r.env = inner
			e := Entity{Name: name}
			r.took(k)
			r.declare(r.kid(k, "ParameterDeclarations"), k, inner)
			e.read(r, k)
			_ = r.done(k)
			back()
			r.env = outer
			return e, true
		}
	}
	return Entity{}, false
}

// read reads a Vehicle, Pedestrian, MiscObject or Controller.
func (e *Entity) read(r *reader, k *node) {
	r.str(k, "name")
	r.ignore(k, "Properties")
	switch k.name {
	case "Controller":
		return
	case "Vehicle":
		switch r.is(k, "vehicleCategory", "car", "van", "truck", "trailer", "semitrailer", "bus", "motorbike", "bicycle") {
		case "truck", "trailer", "semitrailer", "bus":
			e.Kind = motion.Truck
		case "motorbike":
			e.Kind = motion.Motorcycle
		case "bicycle":
			e.Kind = motion.Cyclist
		}
		p := r.must(k, "Performance")
		e.MaxSpeed, e.MaxDec, e.MaxAccel = r.num(p, "maxSpeed"), r.num(p, "maxDeceleration"), r.num(p, "maxAcceleration")
		axles := r.must(k, "Axles")
		e.Axle = r.num(r.must(axles, "FrontAxle"), "positionX")
		e.Steer = r.opt(r.must(axles, "FrontAxle"), "maxSteering", 0)
		if e.Axle > 0 && e.Steer > 0 && e.Steer < 1.5 {
			e.lock = world.Tan(e.Steer)
		}
		for _, a := range []string{"FrontAxle", "RearAxle"} {
			r.without(r.must(axles, a), "maxSteering", "wheelDiameter", "trackWidth", "positionX", "positionZ")
		}
		r.ignore(axles, "AdditionalAxle")
		r.without(k, "mass", "model3d", "role")
	case "Pedestrian":
		e.Kind = motion.Pedestrian
		r.is(k, "pedestrianCategory", "pedestrian", "wheelchair", "animal")
		r.without(k, "mass", "model3d", "model", "role")
	case "MiscObject":
		e.Kind = motion.Obstacle
		r.without(k, "mass", "model3d", "miscObjectCategory")
	default:
		r.fail(k, "element_unsupported", "catalogue entry <%s> is not supported", k.name)
		return
	}
	box := r.must(k, "BoundingBox")
	c, d := r.must(box, "Center"), r.must(box, "Dimensions")
	e.Ahead = r.num(c, "x")
	if y := r.num(c, "y"); y != 0 {
		r.fail(c, "value_unsupported", "the box's centre is %g m beside the middle: supported is 0", y)
	}
	r.without(c, "z")
	e.Length, e.Width = r.num(d, "length"), r.num(d, "width")
	r.without(d, "height")
	if r.err == nil && !(e.Length >= 0.1 && e.Length <= 30 && e.Width >= 0.1 && e.Width <= 5 && e.Ahead > -30 && e.Ahead < 30) {
		r.fail(d, "value_out_of_range", "the box is %g × %g m, %g m ahead: expected 0.1 to 30 × 0.1 to 5 m", e.Length, e.Width, e.Ahead)
	}
}
