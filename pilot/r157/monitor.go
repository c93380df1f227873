package r157

import "roadbook/pilot/motion"

// criteria of 6.1.3.1: an input only a driver makes, a blink, open eyes, a motion of the head.
const criteria = 4

// Level is how far an escalation has come.
type Level uint8

// Levels.
const (
	Quiet Level = iota
	Warn
	Prompt
	Terminal
)

// monitor watches the driver. Its fields are integer counters of ticks; the zero value has seen nothing of the driver.
type monitor struct {
	last        [criteria]motion.Tick // when a criterion was last positive
	seen        [criteria]bool
	available   bool
	since       motion.Tick // when the driver became unavailable
	seat        motion.Tick // ticks of an empty seat
	wheel       motion.Tick // ticks of torque beyond the threshold
	eyes, hands inattention
	terminals   int
	terminal    motion.Tick // ticks of terminal alert, in sum
}

// inattention counts its own length and the attention that may end it.
type inattention struct{ length, attention motion.Tick }

// watch counts one tick. engaged: the pilot drives, so that inattention of a supervising driver counts.
func (m *monitor) watch(d *motion.Driver, now motion.Tick, p *Params, engaged bool) {
	positive := [criteria]bool{d.Input, d.Blink, d.InSeat && !d.EyesClosed, d.HeadMotion}
	for i, is := range positive {
		if is {
			m.last[i], m.seen[i] = now, true
		}
	}
	if was := m.available; availableAt(m, now, p) {
		m.available = true
	} else if m.available = false; was {
		m.since = now
	}
	m.seat = counted(!d.InSeat, m.seat)
	m.wheel = counted(d.Wheel >= p.WheelTorque || d.Wheel <= -p.WheelTorque, m.wheel)
	if !engaged {
		m.eyes, m.hands = inattention{}, inattention{}
		return
	}
	before := m.alert(p)
	m.eyes.count(d.EyesOff || d.EyesClosed, p.Eyes.Recover)
	m.hands.count(!d.HandsOn, p.Hands.Recover)
	if m.alert(p) == Terminal {
		m.terminal++
		if before != Terminal {
			m.terminals++
		}
	}
}

// count lets inattention grow; only attention without a break ends it, so that a flickering camera does not.
func (i *inattention) count(is bool, recover motion.Tick) {
	if is {
		i.length++
		i.attention = 0
		return
	}
	if i.attention++; i.attention >= recover {
		*i = inattention{}
	}
}

// availableAt: so many criteria were positive within the window that ends now (6.1.3.1).
func availableAt(m *monitor, now motion.Tick, p *Params) bool {
	n := 0
	for i := range m.last {
		if m.seen[i] && now-m.last[i] <= p.Window {
			n++
		}
	}
	return n >= p.Criteria
}

// level is the step of the escalation that so many ticks of inattention have reached.
func level(ticks motion.Tick, e Escalation) Level {
	switch {
	case ticks >= e.Terminal:
		return Terminal
	case ticks >= e.Prompt:
		return Prompt
	case ticks >= e.Warn:
		return Warn
	}
	return Quiet
}

func (m *monitor) alert(p *Params) Level {
	return max(level(m.eyes.length, p.Eyes), level(m.hands.length, p.Hands))
}

func (m *monitor) lockout(p *Params) bool {
	return m.terminals >= p.Terminals || m.terminal >= p.TerminalTicks
}

// counted is n+1 as long as the condition holds without a break.
func counted(holds bool, n motion.Tick) motion.Tick {
	if !holds {
		return 0
	}
	return n + 1
}
