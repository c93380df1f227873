package openx

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"roadbook/fault"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
)

// Endings of OpenSCENARIO and OpenDRIVE files.
const (
	scenarioEnding = ".xosc"
	roadEnding     = ".xodr"
)

// CaseID names a case of a file in results and evidence: the file's name, a dash, and the number of the case in the product
// of its variation, from 0.
func CaseID(file string, index int) string {
	return bundle.ID(fmt.Sprintf("%s-%d", short(file), index))
}

// short is a file's name without folder, ending and the prefix that the files of UN R157 share.
func short(file string) string {
	return strings.TrimPrefix(strings.TrimSuffix(path.Base(file), scenarioEnding), "alks_scenario_")
}

// Show plays the case of a folder that has that id again, or the one that PATH.xosc#NUMBER names, and keeps what happened: all
// ticks, or as many as frames, evenly. A path is that of a file below the folder; without a number it is the case 0.
func Show(dir, id string, stack scene.Stack, frames int) (scene.Shown, error) {
	var x scene.Shown
	root, err := open(dir)
	if err != nil {
		return x, err
	}
	defer root.Close()
	lib := NewLibrary(root.FS(), nil)
	v, index, err := lib.find(id)
	if err != nil {
		return x, err
	}
	p, err := NewPlayer(stack)
	if err != nil {
		return x, err
	}
	var first result
	if err := p.one(lib, v, index, &first); err != nil {
		return x, err
	}
	s, err := lib.Load(v.Scenario, v.Case(index))
	if err != nil {
		return x, err // such as a *Violation
	}
	p.Rig.Trace = &x.Trace
	x.Trace.Every = (int(first.Ticks) + frames - 1) / max(frames, 1)
	if _, err := p.Play(s, uint64(index)); err != nil {
		return x, err
	}
	o := &first.Outcome
	x.ID, x.Outcome, x.Verdict = CaseID(v.File, index), o.Outcome, o.broken()
	x.Lanes, x.LaneWidth = s.Band.Road.Lanes(), s.Band.Road.LaneWidth()
	for _, i := range p.index {
		x.Names = append(x.Names, s.Entities[i].Name)
	}
	x.Facts = []scene.Fact{{Name: "Ego", Value: fmt.Sprintf("%.1f km/h", o.Ego)}, {Name: "Hardest braking", Value: fmt.Sprintf("%.2f m/s²", o.MaxDecel)}}
	if o.Judged {
		x.Facts = append(x.Facts, scene.Fact{Name: "Kind", Value: strings.ReplaceAll(o.Kind.String(), "_", "-")}, o.Avoided())
	}
	for _, a := range s.Params {
		x.Facts = append(x.Facts, scene.Fact{Name: strings.ReplaceAll(a.Name, "_", " "), Value: a.Value})
	}
	return x, nil
}

// find returns the file and the number of the case that an id or a path with its number names.
func (l *Library) find(id string) (*Variation, int, error) {
	var file string
	var index int
	var err error
	if name, number, _ := strings.Cut(id, "#"); strings.HasSuffix(name, scenarioEnding) {
		file = path.Clean(name)
		if number != "" {
			if index, err = strconv.Atoi(number); err != nil {
				return nil, 0, fault.New(fault.Invalid, "case", "%.80q is no number of a case", number)
			}
		}
	} else if file, index, err = l.named(id); err != nil {
		return nil, 0, err
	}
	v, err := l.plan(file)
	switch {
	case err != nil:
		return nil, 0, err
	case v == nil:
		return nil, 0, fault.New(fault.Invalid, "case", "%s is a catalogue and has no case", file)
	case index < 0 || index >= v.Cases:
		return nil, 0, fault.New(fault.NotFound, "case", "%s has the cases 0 to %d, no case %d", file, v.Cases-1, index)
	}
	return v, index, nil
}

// named returns the file and the number that a CaseID was made of.
func (l *Library) named(id string) (file string, index int, err error) {
	dash := strings.LastIndexByte(id, '-')
	index, err = strconv.Atoi(id[dash+1:])
	if dash < 0 || err != nil {
		return "", 0, fault.New(fault.Invalid, "case", "%.80q is no id of a case: expected NAME-NUMBER", id)
	}
	list, err := files(l.fs, scenarioEnding)
	if err != nil {
		return "", 0, err
	}
	for _, f := range list {
		switch {
		case CaseID(f, index) != id:
		case file != "":
			return "", 0, fault.New(fault.Refused, "case", "%.80q may be of %s or of %s: give PATH#NUMBER", id, file, f)
		default:
			file = f
		}
	}
	if file == "" {
		return "", 0, fault.New(fault.NotFound, "case", "no file has a case %.80q", id)
	}
	return file, index, nil
}
