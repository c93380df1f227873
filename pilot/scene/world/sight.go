package world

// rays is the number of lines of sight from one mount to one box.
const rays = 8

// look puts every box in the plane, as the sensors see it: on a curved road by its pose, else by (S, D).
func (w *World) look() {
	e := &w.Ego
	w.self = w.inPlane(e.S, e.D, e.Heading, e.Length, e.Width)
	for i := range w.Actors {
		a := &w.Actors[i]
		b := w.inPlane(a.S, a.D, a.Heading, a.Length, a.Width)
		x, y := b.Reach()
		w.boxes[i] = sightBox{b, b.X - x, b.X + x, b.Y - y, b.Y + y}
	}
	screen := float64(0.2 * e.Length) // the windscreen, ahead of the centre
	w.mounts[0] = [2]float64{w.self.X + float64(screen*w.self.Cos), w.self.Y + float64(screen*w.self.Sin)}
	for i := range 2 {
		w.mounts[1+i][0], w.mounts[1+i][1] = w.self.Corner(i)
	}
}

// sightBox is a box with the bounds of its reach.
type sightBox struct {
	Box
	minX, maxX, minY, maxY float64
}

func (w *World) inPlane(s, d, heading, length, width float64) Box {
	if w.road.curved {
		x, y, h := w.road.Pose(s, d)
		return BoxAt(x, y, h+heading, length, width)
	}
	return BoxAt(s, d, heading, length, width)
}

// visible reports whether one mount (windscreen, front corners) has free sight of the needed share of an actor's box: of
// the lines to points spread evenly over its silhouette. What the ego's own body hides behind is not modelled: the rear
// sensors see there.
func (w *World) visible(i int) bool {
	b := &w.boxes[i]
	need := max(1, int(float64(w.sensors.Share*rays)+0.999999))
	for m := range w.mounts {
		x, y := w.mounts[m][0], w.mounts[m][1]
		if m > 0 && float64((b.X-x)*w.self.Cos)+float64((b.Y-y)*w.self.Sin) < 0 {
			continue // the corners look ahead
		}
		lx, ly, rx, ry := silhouette(&b.Box, x, y)
		free := 0
		for k := range rays {
			if rays-k+free < need {
				break
			}
			part := (float64(spread[k]) + 0.5) / rays
			dx, dy := lx+float64((rx-lx)*part)-x, ly+float64((ry-ly)*part)-y
			if w.free(i, x, y, dx, dy) {
				if free++; free >= need {
					return true
				}
			}
		}
	}
	return false
}

// spread is the order of the rays: the ends first, because a thing comes into sight by an end.
var spread = [rays]uint8{0, 7, 1, 6, 2, 5, 3, 4}

// silhouette returns the two corners of a box between which a viewer sees it.
func silhouette(b *Box, x, y float64) (lx, ly, rx, ry float64) {
	lx, ly = b.Corner(0)
	rx, ry = lx, ly
	for i := 1; i < 4; i++ {
		cx, cy := b.Corner(i)
		if float64((lx-x)*(cy-y))-float64((ly-y)*(cx-x)) > 0 {
			lx, ly = cx, cy
		}
		if float64((rx-x)*(cy-y))-float64((ry-y)*(cx-x)) < 0 {
			rx, ry = cx, cy
		}
	}
	return lx, ly, rx, ry
}

// free reports whether no actor but target stands in a line of sight.
func (w *World) free(target int, x, y, dx, dy float64) bool {
	minX, maxX, minY, maxY := min(x, x+dx), max(x, x+dx), min(y, y+dy), max(y, y+dy)
	for i := range w.boxes {
		o := &w.boxes[i]
		if o.minX > maxX || o.maxX < minX || o.minY > maxY || o.maxY < minY || i == target {
			continue
		}
		if o.Cuts(x, y, dx, dy) {
			return false
		}
	}
	return true
}
