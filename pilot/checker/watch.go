package checker

import "roadbook/pilot/motion"

// watch is the checker's own clock of the engagement: claims are not believed about their age.
type watch struct {
	mode    motion.Mode
	entered motion.Tick // when the mode was first seen
	seen    bool        // a mode was ever claimed
	waited  int         // ticks since a minimum risk manoeuvre was asked for in vain
}

// follows tells what mode may come after another (5.4, 5.5; a driver who takes over ends everything but the lock).
func follows(from, to motion.Mode) bool {
	switch from {
	case motion.Off, motion.Ready:
		return to <= motion.Active
	case motion.Active:
		return to <= motion.MinimumRisk
	case motion.Transition:
		return to <= motion.Ready || to == motion.MinimumRisk
	case motion.MinimumRisk:
		return to == motion.Off || to >= motion.Standstill
	case motion.Standstill:
		return to == motion.Off || to == motion.Locked
	default:
		return to == motion.Locked
	}
}

// step looks at the claim of one tick.
func (w *watch) step(now motion.Tick, claim *motion.Engagement, k *Watch) (r Reason) {
	if claim.Mode != w.mode || !w.seen {
		if w.seen && !follows(w.mode, claim.Mode) {
			r |= Order
		}
		w.mode, w.entered, w.seen = claim.Mode, now, true
	}
	if claim.Mode != motion.Transition {
		return r
	}
	if age := int(now - min(w.entered, claim.Since)); age > k.Escalate && !claim.Escalated || age > k.Takeover {
		r |= Overdue
	}
	return r
}

// drives reports whether the pilot has the car in this mode.
func drives(m motion.Mode) bool { return m >= motion.Active && m <= motion.Standstill }

// disobeyed counts the ticks in which a minimum risk manoeuvre is wanted and does not run, and reports whether they are too many.
func (w *watch) disobeyed(want bool, k *Watch) bool {
	if !want || w.mode >= motion.MinimumRisk {
		w.waited = 0
		return false
	}
	w.waited++
	return w.waited > k.Patience
}
